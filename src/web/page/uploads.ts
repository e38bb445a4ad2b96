import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { StoredCapture } from './answers.ts';
import { ApiError, apiAddress, get, type Sending, send } from './api.ts';
import { asApiError } from './loading.tsx';
import { goTo, signInAddress } from './location.ts';

/** A file on its way to its verdict. */
export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sent: number;
  readonly capture?: StoredCapture;
  readonly error?: ApiError;
}

export interface Uploads {
  readonly uploads: readonly Upload[];
  add(files: Iterable<File>): void;
  stop(key: number): void;
}

/** Sends files two at a time, and follows each until it is judged. */
export function useUploads(maxBytes: number | undefined): Uploads {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const running = useRef(new Map<number, Sending<StoredCapture>>());
  const waiting = useRef<{ readonly key: number; readonly file: File }[]>([]);
  const change = (key: number, part: Partial<Upload>): void =>
    setUploads((all) => all.map((each) => (each.key === key ? { ...each, ...part } : each)));

  const next = (): void => {
    while (running.current.size < AT_ONCE) {
      const turn = waiting.current.shift();
      if (turn === undefined) return;
      const { key, file } = turn;
      const sending = send<StoredCapture>(`/captures?name=${encodeURIComponent(file.name)}`, file, (sent) =>
        change(key, { sent }),
      );
      running.current.set(key, sending);
      sending.done
        .then((capture) => change(key, { capture, sent: file.size }))
        .catch((error: unknown) => change(key, { error: asApiError(error) }))
        .finally(() => {
          running.current.delete(key);
          next();
        });
    }
  };

  return {
    uploads,
    add(files) {
      const added = [...files].map((file) => {
        const key = ++lastKey;
        const upload: Upload = { key, name: file.name, sizeBytes: file.size, sent: 0 };
        const refused = refusalOf(file, maxBytes);
        if (refused !== undefined) return { ...upload, error: refused };
        waiting.current.push({ key, file });
        return upload;
      });
      setUploads((all) => [...added, ...all]);
      next();
    },
    stop(key) {
      const i = waiting.current.findIndex((each) => each.key === key);
      if (i >= 0) waiting.current.splice(i, 1);
      const sending = running.current.get(key);
      if (sending !== undefined) sending.stop();
      else setUploads((all) => all.filter((each) => each.key !== key));
    },
  };
}

const AT_ONCE = 2;
let lastKey = 0;

/** What the service would refuse need not be sent first. */
function refusalOf({ size }: File, maxBytes: number | undefined): ApiError | undefined {
  if (size === 0) return asRefusal('The file is empty. Choose one that holds packets.');
  if (maxBytes !== undefined && size > maxBytes)
    return asRefusal(
      'The file is larger than this service takes. Compress it with gzip, or cut it with editcap.',
    );
  return undefined;
}

const asRefusal = (message: string): ApiError => new ApiError(0, 'refused', message);

export interface FollowedCapture {
  readonly capture?: StoredCapture;
  readonly error?: ApiError;
  /** How often it was looked at anew. */
  readonly turn: number;
  /** It is judged again: looks at it anew. */
  again(): void;
}

/** A capture as it is now, and as it becomes while it is judged. */
export function useCapture(id: string, known?: StoredCapture): FollowedCapture {
  const [state, setState] = useState<{ capture?: StoredCapture; error?: ApiError }>(
    known === undefined ? {} : { capture: known },
  );
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let events: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        const capture = await get<StoredCapture>(`/captures/${id}`, stop.signal);
        if (stop.signal.aborted) return;
        setState({ capture });
        if (isOver(capture)) return;
        events = new EventSource(apiAddress(`/captures/${id}/events`));
        // It comes back by itself from a break, but not from an answer that says no, as of a proxy meanwhile.
        events.addEventListener('error', () => {
          if (events?.readyState === EventSource.CLOSED) again = setTimeout(look, AGAIN_MS);
        });
        events.addEventListener('capture', ({ data }: MessageEvent<string>) => {
          const next = JSON.parse(data) as StoredCapture;
          setState({ capture: next });
          if (isOver(next)) events?.close();
        });
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = asApiError(error);
        // Uploads that are under way on this page are not left for that.
        if (problem.status === 401 && known === undefined) goTo(signInAddress());
        setState((before) => ({ ...before, error: problem }));
      }
    };
    look();
    return () => {
      stop.abort();
      clearTimeout(again);
      events?.close();
    };
  }, [id, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, turn, again };
}

const AGAIN_MS = 3000;

const isOver = ({ state }: StoredCapture): boolean => state === 'done' || state === 'failed';
