import { forJson } from '../report/escape.ts';
import { type HttpBody, type HttpRequest, type Transport, TransportError } from './http-message.ts';

/**
 * Sends with `fetch`, which verifies certificates with Node's own authorities and those of NODE_EXTRA_CA_CERTS.
 * Follows no redirect: whether one may is for the caller to say.
 */
export function fetchTransport(stop?: AbortSignal): Transport {
  return async (request, timeoutMs) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop]);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: { ...request.headers, ...contentType(request.body) },
        redirect: 'manual',
        signal,
        ...(request.body && { body: encoded(request.body) }),
      });
      return { status: response.status, headers: response.headers, text: await limitedText(response) };
    } catch (error) {
      if (error instanceof TransportError) throw error;
      if (stop?.aborted) throw new TransportError('stopped', 'it was interrupted');
      if (timeout.aborted) throw new TransportError('timed-out', `no whole answer within ${timeoutMs} ms`);
      throw transportError(error);
    }
  };
}

/** An answer is a comment's worth, or a page of them; a longer one is not what was asked for. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

async function limitedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > MAX_ANSWER_BYTES) throw new TransportError('too-long', 'the answer does not end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function contentType(body: HttpRequest['body']): Record<string, string> {
  if (body?.kind === 'json') return { 'Content-Type': 'application/json' };
  if (body?.kind === 'bytes') return { 'Content-Type': body.type };
  // Of a form `fetch` sets it, with the boundary.
  return {};
}

function encoded(body: HttpBody): string | Uint8Array | FormData {
  switch (body.kind) {
    case 'json':
      return jsonText(body.value);
    case 'bytes':
      return body.bytes;
    case 'form': {
      const form = new FormData();
      for (const part of body.parts) {
        if (part.kind === 'field') form.append(part.name, part.value);
        else form.append(part.name, new Blob([part.bytes], { type: part.type }), part.fileName);
      }
      return form;
    }
  }
}

/** In ASCII, whatever is in it. */
export function jsonText(value: unknown): string {
  return forJson(JSON.stringify(value));
}

function transportError(error: unknown): TransportError {
  const cause = (error as { cause?: unknown }).cause;
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  const errors = (cause as { errors?: { code?: string }[] } | undefined)?.errors;
  const why = code ?? errors?.[0]?.code ?? message ?? 'unknown error';
  if (CERTIFICATE.test(why)) return new TransportError('certificate', why);
  return new TransportError(NOT_SENT.has(why) ? 'not-sent' : 'cut', why);
}

/** The connection did not come about: nothing can have been done. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** OpenSSL's names for what is wrong with a certificate, as Node gives them. */
const CERTIFICATE = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)|ERR_SSL|ERR_TLS|EPROTO/;
