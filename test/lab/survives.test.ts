import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordsOf } from '../../scripts/lab/judge.ts';
import { inCaptures, shippedTruths } from '../../scripts/lab/manifest.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import {
  aYearLater,
  type CapturedPacket,
  cutTo,
  duplicated,
  putTogether,
  takeApart,
  withNeighboursSwapped,
  withOtherAddresses,
  withoutDuplicates,
} from './altered.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-altered-'));
afterAll(() => rmSync(folder, { recursive: true }));

const captures = shippedTruths().flatMap((truth) =>
  Object.values(truth.sides).flatMap(({ file, port }) => {
    const packets = takeApart(readFileSync(inCaptures(file)));
    return packets ? [{ file, port, packets }] : [];
  }),
);

const verdict = ({ fate, cause }: SessionRecord): string => `${fate}, ${cause?.id ?? 'no cause'}`;

/** UDP to VXLAN's port, in IPv4 in Ethernet. */
const isTunnelled = ({ bytes }: CapturedPacket): boolean =>
  bytes.readUInt8(23) === 17 && bytes.readUInt16BE(36) === 4789;

async function verdictsOf(packets: readonly CapturedPacket[], port: number): Promise<readonly string[]> {
  const file = path.join(folder, 'altered.pcap');
  writeFileSync(file, putTogether(packets));
  return (await recordsOf(file, port)).map(verdict);
}

describe('a verdict survives what capturing and anonymising do to a capture', () => {
  for (const [what, alter] of [
    ['every packet twice', duplicated],
    ['duplicates dropped', withoutDuplicates],
    ['a year later', aYearLater],
    ['neighbours swapped', withNeighboursSwapped],
    ['other addresses', withOtherAddresses],
  ] as const) {
    it.each(captures)(`$file: ${what}`, async ({ packets, port }) => {
      expect(await verdictsOf(alter(packets), port)).toEqual(await verdictsOf(packets, port));
    });
  }

  it.each(captures)(
    '$file: cut to 96 bytes it is the same, or honestly undetermined',
    async ({ packets, port }) => {
      const whole = await verdictsOf(packets, port);
      const cut = await verdictsOf(cutTo(96)(packets), port);
      // Of what VXLAN carries 96 bytes do not hold the TCP header.
      if (cut.length === 0) expect(packets.every(isTunnelled)).toBe(true);
      else expect(cut).toHaveLength(whole.length);
      cut.forEach((one, n) => {
        const [fate, cause] = one.split(', ');
        const [wholeFate, wholeCause] = (whole[n] ?? '').split(', ');
        expect(['undetermined', wholeFate]).toContain(fate);
        expect(['no cause', wholeCause]).toContain(cause);
      });
    },
  );
});
