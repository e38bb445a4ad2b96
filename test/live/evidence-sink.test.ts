import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CaptureInfo } from '../../src/capture/capture-info.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { Packet } from '../../src/capture/packet.ts';
import { EvidenceFiles } from '../../src/live/evidence-files.ts';
import { failedEvidence } from '../../src/live/evidence-sink.ts';
import type { LiveState } from '../../src/live/live-sink.ts';
import type { Session } from '../../src/session/session.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { type Bytes, ethernet, ipv4, tcp } from '../wire/made-packets.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-sink-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = (address: string) => parseAddress(address)?.words ?? [0, 0, 0, 0];

/** What only failed sessions leave: packets are told apart by their times. */
function watched() {
  const into = mkdtempSync(path.join(folder, 'files-'));
  const files = new EvidenceFiles({
    folder: into,
    maximumBytes: 1e9,
    maximumMs: 1e9,
    totalBytes: 1e9,
    application: 'test',
    interfaceNames: ['eth0'],
    say: () => {},
  });
  const sink = failedEvidence({ files, ports: [22], anyPort: false });
  const info = { name: 'eth0', epochNs: 0n } as CaptureInfo;
  return {
    take(time: number, bytes: Bytes): void {
      const packet = new Packet();
      packet.bytes = Uint8Array.from(bytes);
      packet.capturedLength = packet.bytes.length;
      packet.originalLength = packet.bytes.length;
      packet.timeNs = time;
      packet.linkType = 1;
      sink.packet(packet, info, 0);
    },
    judge(fate: Session['fate'], clientPort: number): void {
      const session = {
        fate,
        ipVersion: 4,
        clientAddressWords: words('10.0.0.1'),
        serverAddressWords: words('10.0.0.2'),
        clientPort,
        serverPort: 22,
      };
      sink.verdict?.(session as unknown as Session, {} as never);
      sink.state?.({ nowNs: 1 } as LiveState);
    },
    /** The times of the packets that were kept, in their order. */
    async kept(): Promise<readonly number[]> {
      await sink.end?.();
      const times: number[] = [];
      for (const name of readdirSync(into)) {
        const capture = await openCapture(path.join(into, name));
        await capture.read(({ timeNs }) => times.push(Number(capture.info.epochNs) + timeNs));
      }
      return times;
    },
  };
}

const segment = (from: number, length = 8): Bytes => tcp('x'.repeat(length), { from });
const whole = (from: number): Bytes => ethernet(0x0800, ipv4(segment(from)));

/** A segment in pieces of 16 bytes. */
function pieces(from: number, id: number): Bytes[] {
  const bytes = segment(from, 28);
  return [0, 16, 32].map((at) =>
    ethernet(
      0x0800,
      ipv4(bytes.slice(at, at + 16), { id, fragmentOffset: at, moreFragments: at + 16 < bytes.length }),
    ),
  );
}

describe('of sessions that failed', () => {
  it('the packets are kept, and of no others', async () => {
    const { take, judge, kept } = watched();
    take(1, whole(1));
    take(2, whole(2));
    take(3, whole(1));
    judge('rst-before-banner', 1);
    judge('completed', 2);
    take(4, whole(2));
    take(5, whole(1));
    expect(await kept()).toEqual([1, 3, 5]);
  });

  it('fragments are kept, though only their first one has the ports', async () => {
    const { take, judge, kept } = watched();
    const [mine, others] = [pieces(1, 7), pieces(2, 8)];
    // The one with the ports comes last.
    for (const at of [2, 1, 0]) {
      take(10 * (3 - at), mine[at] as Bytes);
      take(10 * (3 - at) + 1, others[at] as Bytes);
    }
    take(40, whole(1));
    take(41, whole(2));
    judge('rst-before-banner', 1);
    judge('completed', 2);
    expect(await kept()).toEqual([10, 20, 30, 40]);
  });

  it('fragments that come after the verdict are kept', async () => {
    const { take, judge, kept } = watched();
    take(1, whole(1));
    judge('rst-before-banner', 1);
    for (const [at, piece] of pieces(1, 7).entries()) take(10 + at, piece);
    expect(await kept()).toEqual([1, 10, 11, 12]);
  });
});
