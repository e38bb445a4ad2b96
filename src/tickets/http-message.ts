/** One request as it goes out, and what came back: what a transport is about. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  /** With the credential in them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** What a dry run answers instead; undefined for nothing. */
  readonly dry?: unknown;
}

export type HttpBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly type: string; readonly name: string }
  /** multipart/form-data */
  | { readonly kind: 'form'; readonly parts: readonly FormPart[] };

export type FormPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly fileName: string;
      readonly type: string;
      readonly bytes: Uint8Array;
    };

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Carries a request out.
 *
 * @throws TransportError when there is no whole answer.
 */
export type Transport = (request: HttpRequest, timeoutMs: number) => Promise<HttpAnswer>;

/** What became of a request without an answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: 'not-sent' | 'cut' | 'timed-out' | 'certificate' | 'too-long' | 'stopped';

  constructor(kind: TransportError['kind'], why: string) {
    super(why);
    this.kind = kind;
  }
}

export function sizeOf(body: HttpBody | undefined): number {
  if (body === undefined) return 0;
  switch (body.kind) {
    case 'json':
      return Buffer.byteLength(JSON.stringify(body.value));
    case 'bytes':
      return body.bytes.length;
    case 'form':
      return body.parts.reduce(
        (sum, part) => sum + (part.kind === 'file' ? part.bytes.length : Buffer.byteLength(part.value)),
        0,
      );
  }
}
