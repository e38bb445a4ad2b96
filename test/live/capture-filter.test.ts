import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/open-capture.ts';
import { analyzeCapture } from '../../src/engine.ts';
import { captureFilters } from '../../src/live/capture-filter.ts';
import { pcap } from '../capture/building.ts';
import { whyNotHere } from '../lab/needs.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const why = whyNotHere();

describe('captureFilters', () => {
  it('are the best first, and the last is what every link type knows', () => {
    const filters = captureFilters({ ports: [22, 2222], anyPort: false, extra: 'host 10.0.0.1' });
    expect(filters[0]).toContain('vlan');
    expect(filters[1]).toMatch(/ or arp$/);
    expect(filters[2]).not.toMatch(/vlan|arp/);
    for (const filter of filters) {
      expect(filter).toContain('((tcp port 22 or tcp port 2222) and (host 10.0.0.1))');
    }
  });

  describe.skipIf(why !== undefined)(`in tcpdump${why ? ` (skipped: ${why})` : ''}`, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-filter-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));

    it('let through what decides in every shipped capture', async () => {
      const filters = captureFilters({ ports: [22], anyPort: false, tunnels: true });
      const out = path.join(folder, 'filtered.pcap');
      for (const name of names) {
        const file = path.join(CAPTURES, name);
        // As the source does: the first one that the link type knows.
        const works = filters.some(
          (filter) => spawnSync('tcpdump', ['-r', file, '-w', out, '--', filter]).status === 0,
        );
        expect(works, name).toBe(true);
        expect(await essence(out), name).toEqual(await essence(file));
      }
    }, 120_000);

    it('let through sessions in VLANs', async () => {
      const [filter = '', withoutVlans = ''] = captureFilters({ ports: [22], anyPort: false });
      const tagged = path.join(folder, 'tagged.pcap');
      const plain = await openCapture(path.join(CAPTURES, 'completed.client.pcap'));
      const frames: Uint8Array[] = [];
      await plain.read(({ bytes, offset, capturedLength }) => {
        const frame = bytes.slice(offset, offset + capturedLength);
        frames.push(Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 42, ...frame.subarray(12)));
      });
      writeFileSync(tagged, pcap({}, ...frames.map((bytes) => ({ bytes }))));
      const count = async (expression: string): Promise<number> => {
        const out = path.join(folder, 'out.pcap');
        expect(spawnSync('tcpdump', ['-r', tagged, '-w', out, '--', expression]).status).toBe(0);
        const capture = await openCapture(out);
        await capture.read(() => {});
        return capture.info.packets;
      };
      expect([await count(filter), await count(withoutVlans)]).toEqual([frames.length, 0]);
    });
  });
});

async function essence(file: string): Promise<unknown[]> {
  const all: unknown[] = [];
  await analyzeCapture(file, {}, ({ session, fate, causeId, ending }) => {
    // How long a silence lasted is told by what else was captured after it.
    const isTold = ending !== 'silence' && ending !== 'open';
    all.push([session, isTold ? fate : 'silent', isTold ? causeId : undefined]);
  });
  return all;
}
