/** Speaks with the service that the page came from, and with nobody else. */

const BASE = '/api/v1';

/** An answer that is none: what the service said, or that it did not. */
export class ApiError extends Error {
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>('GET', path, undefined, signal);

export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw notReached();
  }
  const text = await response.text();
  if (!response.ok) throw refusalOf(response.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Told to the window when the service no longer knows who is here: the token was revoked, or the service began anew. */
export const SIGNED_OUT = 'sshfate-signed-out';

function refusalOf(status: number, text: string): ApiError {
  const error = errorOf(status, text);
  if (error.code === 'no-token') dispatchEvent(new Event(SIGNED_OUT));
  return error;
}

/** Of an answer that says no; what is not of the service itself (a proxy's page) is not shown. */
export function errorOf(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiError(status, String(error.code), String(error.message));
  } catch {
    return new ApiError(status, 'no-answer', `The service answered with status ${status}. Try again.`);
  }
}

/** An address of the API for a link or an event stream. */
export const apiAddress = (path: string): string => BASE + path;

export interface Sending<T> {
  readonly done: Promise<T>;
  stop(): void;
}

/** Sends a file as it is. `fetch` tells nobody how far an upload has come, XMLHttpRequest does. */
export function send<T>(path: string, file: File, onProgress: (bytes: number) => void): Sending<T> {
  const call = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    call.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    call.addEventListener('load', () => {
      if (call.status < 200 || call.status > 299) reject(refusalOf(call.status, call.responseText));
      else resolve(new Response(call.responseText).json() as Promise<T>);
    });
    call.addEventListener('error', () => reject(notReached()));
    call.addEventListener('abort', () => reject(new ApiError(0, 'stopped', 'You stopped this upload.')));
    call.open('POST', BASE + path);
    call.setRequestHeader('content-type', 'application/octet-stream');
    call.send(file);
  });
  return { done, stop: () => call.abort() };
}

const notReached = (): ApiError =>
  new ApiError(0, 'not-reached', 'The service does not answer. See that it runs, then try again.');
