import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import busboy from '@fastify/busboy';
import type { Store } from '../store/store.ts';
import type { StoredCapture } from '../store/stored-capture.ts';
import { UploadError } from '../store/upload.ts';
import { captureName } from './names.ts';
import { type Caller, Refusal, type RefusalStatus } from './service.ts';

/** Files in one request. */
const MAX_FILES = 100;
const MAX_NAME_BYTES = 64 * 1024;

export interface Receiver {
  readonly store: Store;
  readonly caller: Caller;
  readonly maxBytes: number;
  /** That all uploads of the caller may take; undefined for no limit. */
  readonly quotaBytes: number | undefined;
  /** Told of each file when it is acknowledged. */
  readonly onReceived: (capture: StoredCapture) => void;
}

/**
 * Takes a request's body as one file. What arrives is written before more is asked for.
 *
 * @throws Refusal
 */
export async function receiveRaw(
  body: ReadableStream | null,
  name: string | undefined,
  receiver: Receiver,
): Promise<StoredCapture> {
  return receive(body === null ? Readable.from([]) : Readable.fromWeb(body), name, receiver);
}

/**
 * Takes the files of a form, one after another. Those before a bad one stay.
 *
 * @throws Refusal
 */
export async function receiveForm(
  body: ReadableStream | null,
  contentType: string,
  receiver: Receiver,
): Promise<StoredCapture[]> {
  if (body === null) throw emptyForm();
  const parser = parserOf(contentType);
  const received: Promise<StoredCapture>[] = [];
  const source = Readable.fromWeb(body);
  let before: Promise<unknown> = Promise.resolve();
  let last: Readable | undefined;
  await new Promise<void>((resolve, reject) => {
    const breakOff = (error: Error): void => {
      // The parser does not end it: who reads it would wait for ever.
      last?.destroy(error);
      reject(error);
    };
    parser.on('file', (_field, stream, filename) => {
      last = stream.on('error', () => {});
      const one = before.then(() => receive(stream, filename, receiver));
      before = one;
      received.push(one);
      one.catch((error) => {
        stream.resume();
        reject(error);
      });
    });
    parser.on('filesLimit', () =>
      reject(new Refusal(413, 'too-many-files', `At most ${MAX_FILES} files are taken at once. Send fewer.`)),
    );
    parser.on('finish', resolve);
    parser.on('error', () => breakOff(brokenForm()));
    source.on('error', breakOff);
    source.pipe(parser);
  });
  if (received.length === 0) throw emptyForm();
  return Promise.all(received);
}

function parserOf(contentType: string): InstanceType<typeof busboy.Busboy> {
  try {
    return new busboy.Busboy({
      headers: { 'content-type': contentType },
      limits: { files: MAX_FILES, fieldNameSize: MAX_NAME_BYTES },
    });
  } catch {
    throw brokenForm();
  }
}

const brokenForm = (): Refusal =>
  new Refusal(400, 'broken-form', 'The form is broken off or none. Send multipart/form-data with files.');

const emptyForm = (): Refusal =>
  new Refusal(
    400,
    'no-file',
    'There is no file in the form. Add one, for instance with curl -F file=@dump.pcap.',
  );

async function receive(
  stream: AsyncIterable<Uint8Array>,
  name: string | undefined,
  { store, caller, maxBytes, quotaBytes, onReceived }: Receiver,
): Promise<StoredCapture> {
  const file = store.beginUpload(maxBytes);
  try {
    for await (const bytes of stream) await file.write(bytes);
    const capture = await store.commit(file, {
      name: captureName(name),
      owner: caller.id,
      ownerName: caller.name,
      ...(quotaBytes !== undefined && { quotaBytes }),
    });
    onReceived(capture);
    return capture;
  } catch (error) {
    await file.abandon();
    if (!(error instanceof UploadError)) throw error;
    throw new Refusal(STATUS[error.code], error.code, error.message);
  }
}

const STATUS: Readonly<Record<UploadError['code'], RefusalStatus>> = {
  'too-large': 413,
  'disk-full': 507,
  quota: 507,
  empty: 400,
};
