import { createHash } from 'node:crypto';
import type { FormPart, HttpAnswer, HttpBody, HttpRequest, Transport } from './http-message.ts';
import { STARS } from './secret.ts';

/**
 * Sends nothing. Every request is described, files by name, size and digest; the answers are those of a ticket that
 * holds nothing of ours (`ApiRequest.dry`).
 */
export function dryRun(describe: (text: string) => void, isAddressSecret: boolean): Transport {
  return async (request) => {
    describe(`${requestText(request, isAddressSecret)}\n`);
    return answer(request);
  };
}

/** One request as HTTP, raw: what is in a body came off the wire. */
export function requestText(request: HttpRequest, isAddressSecret: boolean): string {
  const { method, url, headers, body } = request;
  const address = isAddressSecret ? `${url.origin}/${STARS}` : url.href;
  const lines = [`${method} ${address}`];
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`${name}: ${SECRET_HEADERS.test(name) ? hidden(value) : value}`);
  }
  if (body !== undefined) lines.push('', ...bodyLines(body));
  return `${lines.join('\n')}\n`;
}

const SECRET_HEADERS = /^(authorization|private-token|x-redmine-api-key)$/i;

/** The scheme stays: it shows how the credential was understood. */
function hidden(value: string): string {
  const scheme = /^(Basic|Bearer|token|Token token=)/.exec(value)?.[1] ?? '';
  return scheme.endsWith('=') || scheme === '' ? `${scheme}${STARS}` : `${scheme} ${STARS}`;
}

function bodyLines(body: HttpBody): string[] {
  switch (body.kind) {
    case 'json':
      return ['Content-Type: application/json', '', ...jsonLines(body.value)];
    case 'bytes':
      return [`Content-Type: ${body.type}`, '', fileText(body.name, body.bytes)];
    case 'form':
      return ['Content-Type: multipart/form-data', '', ...body.parts.flatMap(partLines)];
  }
}

function partLines(part: FormPart): string[] {
  if (part.kind === 'file') {
    return [`${part.name}: ${fileText(part.fileName, part.bytes)}, ${part.type}`];
  }
  return [`${part.name}:`, ...jsonLines(JSON.parse(part.value))];
}

/** A long text in it is the comment: it is shown as it will be read, below. */
function jsonLines(value: unknown): string[] {
  const texts: string[] = [];
  const json = JSON.stringify(
    value,
    (name, field: unknown) => {
      if (typeof field !== 'string') return field;
      if (name === 'base64') return `(${Buffer.from(field, 'base64').length} bytes in base64)`;
      if (!field.includes('\n')) return field;
      texts.push(field);
      return `(text ${texts.length} below)`;
    },
    2,
  );
  return [json, ...texts.flatMap((text, index) => ['', `text ${index + 1}:`, text])];
}

function fileText(name: string, bytes: Uint8Array): string {
  return `file '${name}', ${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
}

function answer({ dry }: HttpRequest): HttpAnswer {
  return { status: 200, headers: new Headers(), text: dry === undefined ? '' : JSON.stringify(dry) };
}
