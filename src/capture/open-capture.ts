import { closeSync, createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  type ByteSource,
  FileSource,
  MemorySource,
  NotBytesError,
  PrefixedSource,
  StreamSource,
} from './byte-source.ts';
import { type Capture, OpenCapture } from './capture.ts';
import { CaptureError, inputName, isDirectory, systemError } from './capture-error.ts';
import { RECOGNITION_LENGTH, recognise } from './capture-format.ts';
import type { CaptureInfo, InterfaceDescription } from './capture-info.ts';
import type { CaptureParser } from './capture-parser.ts';
import { GunzipSource, GzipDamage } from './gunzip-source.ts';
import { PcapParser, pcapHeaderLength, readPcapHeader } from './pcap.ts';
import { PcapngParser, readSectionHeader } from './pcapng.ts';

/** Where a capture is read from: a path ('-' is standard input), its bytes, or a Node.js stream of them. */
export type CaptureInput = string | Uint8Array | Readable;

/** How {@link openCapture} opens a capture. */
export interface OpenOptions {
  /** Ends the wait for the first bytes; `openCapture` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * What `info.name` and the messages call it; when not given, the path. Bytes and streams are '-' then, and in messages
   * "the input".
   */
  readonly name?: string;
  /** Called with each interface before its first packet. */
  readonly onInterface?: (described: InterfaceDescription) => void;
}

/**
 * Opens a capture and recognises its format by its content: pcap and pcapng in all variants, each also compressed
 * with gzip. Of a stream only as much is read as tells the format. `close()` the capture when it is no more needed.
 *
 * @param input a path, '-' for standard input, bytes, or a Node.js stream of bytes; of a web stream `Readable.fromWeb`
 * makes one.
 * @throws {CaptureError} when there is no capture to read from.
 * @throws {TypeError} when `input` is something else, or a stream of something else.
 * @throws the signal's reason, when it is aborted before the first bytes of a stream have come.
 */
export async function openCapture(input: CaptureInput, options: OpenOptions = {}): Promise<Capture> {
  const name = options.name ?? (typeof input === 'string' ? input : '-');
  const opened = openSource(input, name);
  try {
    return await recogniseCapture(name, opened, options);
  } catch (error) {
    opened.close();
    if (typeof input === 'string' || options.name !== undefined || !(error instanceof CaptureError))
      throw error;
    // What a program hands over came from anywhere.
    const message = error.message.replace(inputName(name), 'The input');
    throw new CaptureError(error.code, name, message, { cause: error.cause });
  }
}

interface OpenedSource {
  readonly source: ByteSource;
  /** The same bytes from the start, where that is possible. */
  again(): ByteSource | undefined;
  close(): void;
}

function openSource(input: CaptureInput, name: string): OpenedSource {
  if (input instanceof Uint8Array) return fromBytes(input);
  if (typeof input !== 'string') return fromStream(input, false);
  try {
    if (input === '-') return openStandardInput();
    const status = statSync(input);
    if (status.isDirectory()) throw isDirectory(input);
    // Opening a FIFO waits for its writer, so it is not opened synchronously.
    if (!status.isFile()) return fromStream(createReadStream(input), true);
    const descriptor = openSync(input, 'r');
    return fromFile(descriptor, 0, () => closeSync(descriptor));
  } catch (error) {
    throw error instanceof CaptureError ? error : systemError(name, error);
  }
}

function openStandardInput(): OpenedSource {
  if (process.stdin.isTTY) {
    throw new CaptureError(
      'not-a-capture',
      '-',
      'Standard input is a terminal, not a capture. Pipe a capture into it, for example from tcpdump -w -.',
    );
  }
  if (fstatSync(0).isFile()) return fromFile(0, undefined, () => {});
  return fromStream(process.stdin, true);
}

function fromBytes(bytes: Uint8Array): OpenedSource {
  const source = new MemorySource(bytes);
  return { source, again: () => source.again(), close: () => {} };
}

function fromFile(descriptor: number, start: number | undefined, close: () => void): OpenedSource {
  const source = new FileSource(descriptor, start);
  return { source, again: () => source.again(), close };
}

function fromStream(stream: Readable, ours: boolean): OpenedSource {
  if (typeof stream?.read !== 'function' || typeof stream.on !== 'function')
    throw new NotBytesError(NO_INPUT);
  const source = new StreamSource(stream);
  return { source, again: () => undefined, close: ours ? () => stream.destroy() : () => source.release() };
}

const NO_INPUT =
  'A capture is read from a path, a Uint8Array or a Node.js stream; Readable.fromWeb() makes one of a web stream.';

async function recogniseCapture(
  name: string,
  opened: OpenedSource,
  { signal, onInterface }: OpenOptions,
): Promise<Capture> {
  let source = opened.source;
  let head = await readHead(name, source, signal);
  let format = recognise(head);
  const gzip = format.kind === 'gzip';
  if (gzip) {
    source = new GunzipSource(new PrefixedSource(head, source), opened.again);
    head = await readHead(name, source, signal);
    format = recognise(head);
  }
  const info = emptyInfo(name, gzip);
  switch (format.kind) {
    case 'pcap':
      return new OpenCapture(info, pcapParser(info, head, onInterface), source, head, opened.close);
    case 'pcapng':
      return new OpenCapture(info, pcapngParser(info, head, onInterface), source, head, opened.close);
    case 'foreign':
      throw notACapture(name, gzip, format.what, format.advice);
    case 'gzip':
      throw notACapture(name, gzip, 'compressed with gzip twice', 'Unpack it once with gzip -d.');
    case 'unknown':
      throw notACapture(
        name,
        gzip,
        'no capture in a known format',
        'Give a pcap or pcapng file, as written by tcpdump -w, dumpcap or Wireshark.',
      );
  }
}

function emptyInfo(name: string, gzip: boolean): CaptureInfo {
  return {
    name,
    format: undefined,
    gzip,
    linkTypes: [],
    precision: undefined,
    packets: 0,
    bytes: 0,
    epochNs: undefined,
    lastTimeNs: 0,
    snapLength: undefined,
    cutPackets: 0,
    drops: undefined,
    damage: undefined,
  };
}

const notACapture = (name: string, gzip: boolean, what: string, advice: string): CaptureError =>
  new CaptureError(
    'not-a-capture',
    name,
    `${inputName(name)} ${gzip ? 'holds, in gzip,' : 'is'} ${what}. ${advice}`,
  );

/** The first bytes: as many as tell the format and hold its header, but no more than have to be waited for. */
async function readHead(
  name: string,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const head = new Uint8Array(RECOGNITION_LENGTH);
  let length = 0;
  try {
    while (length < wantedHead(head.subarray(0, length))) {
      const count = await source.fill(head, length, signal);
      if (count === 0) break;
      length += count;
    }
  } catch (error) {
    if (signal?.aborted || error instanceof NotBytesError) throw error;
    if (!(error instanceof GzipDamage)) throw systemError(name, error);
    if (length < wantedHead(head.subarray(0, length))) {
      throw new CaptureError(
        'not-a-capture',
        name,
        `${inputName(name)} is gzip data that is cut off or damaged before a capture in it begins. Get it again.`,
        { cause: error },
      );
    }
  }
  if (length === 0) {
    throw new CaptureError(
      'empty',
      name,
      `${inputName(name)} is empty. Check that the program that captured was allowed to, and that it has finished.`,
    );
  }
  return head.subarray(0, length);
}

function wantedHead(head: Uint8Array): number {
  if (head.length < 4) return 4;
  switch (recognise(head).kind) {
    case 'pcap':
      return pcapHeaderLength(head) as number;
    case 'pcapng':
      return SECTION_HEADER_START;
    default:
      return head.length;
  }
}

/** Type, length, byte order and version of a section header. */
const SECTION_HEADER_START = 16;

type OnInterface = OpenOptions['onInterface'];

function pcapParser(info: CaptureInfo, head: Uint8Array, onInterface: OnInterface): CaptureParser {
  const header = readPcapHeader(head);
  if (header === undefined) throw headerCutOff(info.name, 'pcap', head.length);
  if (!header.versionKnown) throw unsupportedVersion(info.name, 'pcap', header.version);
  if (header.reserved !== 0) {
    throw new CaptureError(
      'unsupported',
      info.name,
      `${inputName(info.name)} has a pcap file header with a link type that cannot be. Get the file again, the header is probably damaged.`,
    );
  }
  info.format = header.format;
  onInterface?.({
    id: 0,
    linkType: header.linkType,
    snapLength: header.snapLength,
    resolution: header.unitNs === 1 ? 9 : 6,
    offsetSeconds: 0n,
    littleEndian: header.littleEndian,
  });
  return new PcapParser(header, info);
}

function pcapngParser(info: CaptureInfo, head: Uint8Array, onInterface: OnInterface): CaptureParser {
  if (head.length < SECTION_HEADER_START) throw headerCutOff(info.name, 'pcapng', head.length);
  const header = readSectionHeader(head);
  if (header === undefined) {
    throw notACapture(
      info.name,
      false,
      'no pcapng capture, although it begins like one',
      'Get the file again, it is probably damaged.',
    );
  }
  if (!header.versionKnown) throw unsupportedVersion(info.name, 'pcapng', header.version);
  info.format = 'pcapng';
  return new PcapngParser(info, onInterface);
}

const headerCutOff = (name: string, format: string, length: number): CaptureError =>
  notACapture(
    name,
    false,
    `cut off after ${length} bytes, inside the ${format} file header`,
    'Get the file again.',
  );

const unsupportedVersion = (name: string, format: string, version: string): CaptureError =>
  new CaptureError(
    'unsupported',
    name,
    `${inputName(name)} is a capture of ${format} version ${version}, which is not known. Convert it with the program that wrote it.`,
  );
