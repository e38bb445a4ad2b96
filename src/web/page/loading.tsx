import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, get } from './api.ts';
import { goTo, signInAddress } from './location.ts';
import { shown } from './words.ts';

export interface Loaded<T> {
  /** What came last; it stays while the next one is under way. */
  readonly value?: T;
  readonly error?: ApiError;
  readonly loading: boolean;
  again(): void;
}

/** What the API answers to `path`, asked anew whenever it changes; nothing is asked without one. */
export function useGet<T>(path: string | undefined): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'again'>>({ loading: path !== undefined });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    setState(({ value }) => ({ ...(value !== undefined && { value }), loading: true }));
    get<T>(path, stop.signal).then(
      (value) => !stop.signal.aborted && setState({ value, loading: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) goTo(signInAddress());
        setState({ error: asApiError(error), loading: false });
      },
    );
    return () => stop.abort();
  }, [path, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, again };
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, 'page', 'The page failed at this. Load it again.');

/** What went wrong, and what to do about it. */
export function Trouble({ error, again }: { readonly error: ApiError; readonly again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        {error.status === 404 ? 'There is nothing here, or it is not yours to see.' : shown(error.message)}
      </p>
      <p class="actions">
        {again && error.status !== 404 && (
          <button type="button" onClick={again}>
            Try again
          </button>
        )}
        <a href="/library">All captures</a>
      </p>
    </div>
  );
}

export function Wait({ what }: { readonly what: string }) {
  return (
    <p class="quiet wait" aria-live="polite">
      {what} …
    </p>
  );
}

/** Nothing yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="lead">{title}</p>
      <p>{children}</p>
    </div>
  );
}
