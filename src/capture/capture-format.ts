import { pcapHeaderLength } from './pcap.ts';

/** What an input is, told by its first bytes. */
export type InputFormat =
  | { readonly kind: 'pcap' | 'pcapng' | 'gzip' | 'unknown' }
  /** Something well known that is not read here: what it is, and the sentence that says what to do with it. */
  | { readonly kind: 'foreign'; readonly what: string; readonly advice: string };

/** Bytes that suffice to tell every format; a tar archive has its mark latest, at 257. */
export const RECOGNITION_LENGTH = 512;

export function recognise(head: Uint8Array): InputFormat {
  if (pcapHeaderLength(head) !== undefined) return { kind: 'pcap' };
  if (startsWith(head, [0x0a, 0x0d, 0x0d, 0x0a])) return { kind: 'pcapng' };
  if (startsWith(head, [0x1f, 0x8b, 0x08])) return { kind: 'gzip' };
  for (const [mark, what, advice, offset] of FOREIGN) {
    if (startsWith(head, mark, offset)) return { kind: 'foreign', what, advice };
  }
  if (isErf(head)) return { kind: 'foreign', what: 'an ERF capture', advice: CONVERT };
  if (isText(head)) return { kind: 'foreign', what: textKind(head), advice: CAPTURE_WITH_W };
  return { kind: 'unknown' };
}

const CONVERT = 'Convert it with editcap -F pcapng.';
const TRANSFER_AGAIN = 'Transfer the original again, in binary mode.';
const CAPTURE_WITH_W = 'Give the packets themselves, as written by tcpdump -w, dumpcap or Wireshark.';
const unpackWith = (program: string): string => `Unpack it first, with ${program}.`;

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** Mark, what it is, what to do, and the mark's offset when it is not at the start. */
const FOREIGN: readonly (readonly [readonly number[], string, string, number?])[] = [
  [ascii('snoop\0\0\0'), 'a snoop capture', CONVERT],
  [ascii('RTSS'), 'a Microsoft Network Monitor 1 capture', CONVERT],
  [ascii('GMBU'), 'a Microsoft Network Monitor 2 capture', CONVERT],
  [ascii('TRSNIFF data'), 'a Sniffer capture', CONVERT],
  [ascii('XCP\0'), 'a NetXRay or Windows Sniffer capture', CONVERT],
  [ascii('iptrace '), 'an AIX iptrace capture', CONVERT],
  [ascii('ObserverPktBuffer'), 'a Network Instruments Observer capture', CONVERT],
  [ascii('\x7fver'), 'an OmniPeek or EtherPeek capture', CONVERT],
  [[0x54, 0x52, 0x00, 0x64, 0x00], 'an HP-UX nettl trace', CONVERT],
  [ascii('\x05VNF'), 'a Visual Networks capture', CONVERT],
  [[0xa1, 0xb2, 0x34, 0xcd], 'a pcap variant without a published layout', CAPTURE_WITH_W],
  [[0xcd, 0x34, 0xb2, 0xa1], 'a pcap variant without a published layout', CAPTURE_WITH_W],
  [[0xa1, 0x2b, 0x3c, 0x4d], "Navtel's variant of pcap, which has no published layout", CAPTURE_WITH_W],
  [[0x4d, 0x3c, 0x2b, 0xa1], "Navtel's variant of pcap, which has no published layout", CAPTURE_WITH_W],
  [[0x0a, 0x0d, 0x0a], 'a pcapng capture whose bytes a text-mode transfer changed', TRANSFER_AGAIN],
  [
    [0x0d, 0x0a, 0x0d, 0x0d, 0x0d, 0x0a],
    'a pcapng capture whose bytes a text-mode transfer changed',
    TRANSFER_AGAIN,
  ],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive', unpackWith('unzip')],
  [[0x50, 0x4b, 0x05, 0x06], 'an empty ZIP archive', CAPTURE_WITH_W],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'compressed with xz', unpackWith('xz -d')],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd', unpackWith('zstd -d')],
  [ascii('BZh'), 'compressed with bzip2', unpackWith('bzip2 -d')],
  [[0x04, 0x22, 0x4d, 0x18], 'compressed with lz4', unpackWith('lz4 -d')],
  [[0x1f, 0x9d], 'compressed with compress', unpackWith('uncompress')],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'a 7z archive', unpackWith('7z x')],
  [ascii('Rar!\x1a\x07'), 'a RAR archive', unpackWith('unrar x')],
  [ascii('ustar'), 'a tar archive', unpackWith('tar -x'), 257],
];

function startsWith(head: Uint8Array, mark: readonly number[], offset = 0): boolean {
  return head.length >= offset + mark.length && mark.every((byte, index) => head[offset + index] === byte);
}

/**
 * ERF has no magic number: 8 bytes time stamp, type (0x80: extension headers follow), flags, record length (big
 * endian), loss counter, wire length. The second record must look like one as well when it is in the head.
 */
function isErf(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let at = 0;
  for (let record = 0; record < 2 && (record === 0 || at + 16 <= head.length); record++) {
    if (at + 16 > head.length) return false;
    const type = view.getUint8(at + 8) & 0x7f;
    const recordLength = view.getUint16(at + 10);
    // Seconds are little-endian behind the fraction: 1993 to 2106 is what a DAG card has stamped.
    if (type === 0 || type > 27 || recordLength < 18 || view.getUint32(at + 4, true) < 0x2c000000)
      return false;
    at += recordLength;
  }
  return true;
}

/** No byte that text has no use for; UTF-8 passes, control characters and zeros do not. */
function isText(head: Uint8Array): boolean {
  const end = Math.min(head.length, RECOGNITION_LENGTH);
  for (let at = 0; at < end; at++) {
    const byte = head[at] as number;
    if (byte === 0x7f || (byte < 0x20 && (byte < 0x08 || byte > 0x0d) && byte !== 0x1b)) return false;
  }
  return end > 0;
}

function textKind(head: Uint8Array): string {
  const start = new TextDecoder().decode(head.subarray(0, RECOGNITION_LENGTH)).trimStart();
  if (/^\{\s*"log"\s*:/.test(start)) return 'a HAR file, which holds HTTP requests and no packets';
  if (/^[[{]/.test(start)) return 'JSON text, not packets';
  if (/^<(\?xml|pdml|psml)/i.test(start)) return 'XML text, not packets';
  if (/^<(!doctype|html)/i.test(start)) return 'an HTML page, not packets';
  return 'text, not packets (tcpdump prints such text when it is run without -w)';
}
