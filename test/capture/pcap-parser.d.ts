/** The npm package pcap-parser 0.2.1 has no types; this much of it is used as a second reader. */
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  export interface ParsedPacket {
    readonly header: {
      readonly timestampSeconds: number;
      readonly timestampMicroseconds: number;
      readonly capturedLength: number;
      readonly originalLength: number;
    };
    readonly data: Buffer;
  }

  /** Emits 'packet' with a {@link ParsedPacket}, 'error', and 'end'. */
  export function parse(input: string | Readable): EventEmitter;
}
