import type { Side, SshAnomalyCode } from '../../src/ssh/conversation-api.ts';
import { SERVER } from '../../src/ssh/conversation-api.ts';
import type { KexFamily } from '../../src/ssh/key-exchange.ts';
import type { ReaderOwner } from '../../src/ssh/line-reader.ts';
import { SideReader } from '../../src/ssh/side-reader.ts';

// Feeding one reader. No test of its own: used by the tests beside it.

export class Owner implements ReaderOwner {
  readonly codes: SshAnomalyCode[] = [];
  peerSpeaks1 = false;
  family: KexFamily | undefined = 'ecdh';

  report(code: SshAnomalyCode): void {
    this.codes.push(code);
  }
  peerIsVersion1(): boolean {
    return this.peerSpeaks1;
  }
  kexFamily(): KexFamily | undefined {
    return this.family;
  }
}

export interface Options {
  readonly side?: Side;
  readonly owner?: Owner;
  readonly midway?: boolean;
}

/** Reads the parts one after another; returns the reader, what was reported and how many bytes were left over. */
export function read(
  parts: readonly (string | Uint8Array)[],
  { side = SERVER, owner = new Owner(), midway }: Options = {},
) {
  const reader = new SideReader(owner, side);
  if (midway) reader.joinMidway();
  let left = 0;
  parts.forEach((part, index) => {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    const at = reader.read(bytes, 0, bytes.length, index + 1, (index + 1) * 1e6);
    left += bytes.length - at;
  });
  return { reader, codes: owner.codes, left };
}

/** Whole, and byte by byte: what is expected must hold for both. */
export function both(
  text: string | Uint8Array,
  options: Options,
  check: (result: ReturnType<typeof read>) => void,
) {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : Buffer.from(text);
  check(read([bytes], { ...options, owner: new Owner() }));
  check(
    read(
      [...bytes].map((byte) => Buffer.of(byte)),
      { ...options, owner: new Owner() },
    ),
  );
}

export const IDENT = 'SSH-2.0-Test_1\r\n';
