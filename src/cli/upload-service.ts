import { type Secret, withoutSecrets } from '../tickets/secret.ts';

/** What of a stored capture the command line needs. */
export interface SentCapture {
  readonly id: string;
  readonly state: 'queued' | 'analysing' | 'done' | 'failed';
  readonly error?: { readonly message: string };
  readonly progress?: {
    readonly bytes: number;
    readonly totalBytes?: number;
    readonly packets: number;
    readonly sessions: number;
  };
}

export interface FileToSend {
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly as many bytes as that. An UploadError that it throws is thrown on. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The service did not do what it was asked. The message says which address and why, raw: escape it where it is printed.
 * `refused` is about the one file; the others are about all of them.
 */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly problem: 'unreachable' | 'unauthorized' | 'refused' | 'unexpected-answer' | 'interrupted';

  constructor(problem: UploadError['problem'], message: string) {
    super(message);
    this.problem = problem;
  }
}

/** An upload service as `sshfate serve` runs it. Every method throws an UploadError when it does not work. */
export class UploadService {
  readonly #base: URL;
  readonly #token: Secret | undefined;
  readonly #stop: AbortSignal;

  constructor(base: URL, token: Secret | undefined, stop: AbortSignal) {
    this.#base = base;
    this.#token = token;
    this.#stop = stop;
  }

  /** Asked first: what would be refused need not be sent. Gives the limit of a file, when it is told. */
  async greet(): Promise<number | undefined> {
    const me = objectOf(await this.#ask('GET', '/me'));
    if (me?.tokensRequired === true && me.authenticated !== true) {
      throw new UploadError(
        'unauthorized',
        `${this.#base.host} takes uploads only with a token. Put one into SSHFATE_TOKEN, or name --credentials-file.`,
      );
    }
    if (me?.tokensRequired === undefined) throw this.#unexpected('what it says of itself is unknown');
    const limit = objectOf(me.limits)?.maxUploadBytes;
    return typeof limit === 'number' ? limit : undefined;
  }

  async send({ name, sizeBytes, content }: FileToSend): Promise<SentCapture> {
    const answer = await this.#ask('POST', `/captures?name=${encodeURIComponent(name)}`, {
      body: ReadableStream.from(content),
      // Half: the answer is read after the body was sent.
      duplex: 'half',
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(sizeBytes) },
    });
    return this.#captureOf(answer);
  }

  async look(id: string): Promise<SentCapture> {
    return this.#captureOf(await this.#ask('GET', `/captures/${id}`));
  }

  /** The capture's Incident, unchecked. */
  async incident(id: string): Promise<unknown> {
    return objectOf(await this.#ask('GET', `/captures/${id}/overview`))?.incident;
  }

  /** To be opened in a browser. */
  link(id: string): string {
    return new URL(`/captures/${id}`, this.#base).href;
  }

  async #ask(method: string, path: string, more: RequestInit & { duplex?: 'half' } = {}): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(`/api/v1${path}`, this.#base), {
        redirect: 'manual',
        signal: this.#stop,
        ...more,
        method,
        headers: {
          Accept: 'application/json',
          ...(this.#token && { Authorization: `Bearer ${this.#token.reveal()}` }),
          ...more.headers,
        },
      });
      text = await limitedText(response);
    } catch (error) {
      throw this.#notReached(error);
    }
    if (response.ok) return parsed(text) ?? this.#refuse('it is no JSON');
    throw this.#refusal(response, text);
  }

  #refusal(response: Response, text: string): UploadError {
    const { status } = response;
    const { host } = this.#base;
    const location = response.headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      return new UploadError(
        'unexpected-answer',
        `${host} sends us on to ${location.slice(0, MAX_SHOWN)}. Give that address with --to if you trust it.`,
      );
    }
    const said = objectOf(objectOf(parsed(text))?.error)?.message;
    if (typeof said !== 'string') return this.#unexpected(`status ${status}`);
    const secrets = this.#token === undefined ? [] : [this.#token.reveal()];
    const isAboutAll = status === 401 || status === 421 || status === 429;
    return new UploadError(
      isAboutAll ? 'unauthorized' : 'refused',
      `${host} refuses it: ${withoutSecrets(said, secrets).slice(0, MAX_SHOWN)}`,
    );
  }

  #notReached(error: unknown): UploadError {
    const { host } = this.#base;
    if (this.#stop.aborted) return new UploadError('interrupted', `The upload to ${host} was interrupted.`);
    const cause = (error as { cause?: unknown }).cause ?? error;
    if (cause instanceof UploadError) return cause;
    const { code, message, errors } = cause as {
      code?: string;
      message?: string;
      errors?: readonly { code?: string }[];
    };
    if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
      return new UploadError('refused', 'The file changed while it was sent. Send it when it is complete.');
    }
    return new UploadError(
      'unreachable',
      `${host} cannot be reached (${code ?? errors?.[0]?.code ?? message ?? 'unknown error'}). Check --to, and whether 'sshfate serve' runs there.`,
    );
  }

  #captureOf(answer: unknown): SentCapture {
    const capture = objectOf(answer);
    const isKnown = typeof capture?.state === 'string' && STATES.has(capture.state);
    // The id becomes part of addresses.
    if (typeof capture?.id === 'string' && /^[\w-]{1,128}$/.test(capture.id) && isKnown) {
      return capture as unknown as SentCapture;
    }
    throw this.#unexpected('it tells of no capture');
  }

  #refuse(why: string): never {
    throw this.#unexpected(why);
  }

  #unexpected(why: string): UploadError {
    return new UploadError(
      'unexpected-answer',
      `${this.#base.host} does not answer as 'sshfate serve' does (${why}). Check --to.`,
    );
  }
}

const STATES: ReadonlySet<string> = new Set(['queued', 'analysing', 'done', 'failed']);
/** Of what a service says, on a terminal. */
const MAX_SHOWN = 500;
/** An incident is far smaller; what exceeds this is none. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new UploadError('unexpected-answer', 'The answer does not end. Check --to.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
