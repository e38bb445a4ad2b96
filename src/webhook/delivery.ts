import { createHmac } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { retryAfterMs } from './back-off.ts';

/** What became of a try to deliver. `why` goes on a sentence that begins with the receiver. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** May work later. */
  | { readonly kind: 'failed'; readonly why: string; readonly afterMs?: number | undefined }
  /** Will not work later either. */
  | { readonly kind: 'refused'; readonly why: string };

export interface Receiver {
  readonly url: URL;
  /** Sent as a bearer token; undefined for none. */
  readonly token: string | undefined;
  /** Signs what is sent; undefined for no signature. */
  readonly secret: Buffer | undefined;
  readonly userAgent: string;
}

/** Posts one event. Never throws; redirects are not followed, so that a token goes nowhere else. */
export async function deliver(
  { url, token, secret, userAgent }: Receiver,
  event: { readonly id: string; readonly body: Buffer },
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': userAgent,
        'Idempotency-Key': event.id,
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(secret && signatureHeaders(secret, event, Math.floor(Date.now() / 1000))),
      },
      body: new Uint8Array(event.body),
      signal: controller.signal,
    });
    // Nobody reads what it says; to leave it open would keep the connection.
    await response.body?.cancel().catch(() => {});
    return outcomeOf(response.status, response.headers.get('retry-after'));
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', why: 'was not waited for any longer' };
    if (controller.signal.aborted)
      return { kind: 'failed', why: `did not answer within ${timeoutMs / 1000} s` };
    return { kind: 'failed', why: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** As Standard Webhooks 1.0 says (https://www.standardwebhooks.com), so that receivers need no code of their own. */
export function signatureHeaders(
  secret: Buffer,
  { id, body }: { readonly id: string; readonly body: Buffer },
  timestamp: number,
): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}

function outcomeOf(status: number, retryAfter: string | null): Outcome {
  // Of what a server says only the number: the rest may repeat what it was sent, a token too.
  const said = `answered ${status}${STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'failed', why: said, afterMs: retryAfterMs(retryAfter, Date.now()) };
  }
  if (status >= 300 && status < 400) return { kind: 'refused', why: `${said}: redirects are not followed` };
  return { kind: 'refused', why: said };
}

/** Why no answer came. Node.js has the reason in the cause of a TypeError "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message } = error as {
    readonly cause?: { code?: string; message?: string };
    message?: string;
  };
  const code = cause?.code;
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return `${known} (${code})`;
  return `cannot be reached (${code ?? cause?.message ?? message ?? 'unknown error'})`;
}

const UNTRUSTED =
  'has a certificate of an authority that is not trusted here; NODE_EXTRA_CA_CERTS=FILE makes another one trusted';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'does not listen',
  ECONNRESET: 'closed the connection without an answer',
  UND_ERR_SOCKET: 'closed the connection without an answer',
  EPIPE: 'closed the connection without an answer',
  ENOTFOUND: 'has a name that is not known',
  EAI_AGAIN: 'has a name that cannot be looked up now',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS',
};
