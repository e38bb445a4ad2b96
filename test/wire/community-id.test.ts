import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/wire/address.ts';
import { communityId } from '../../src/wire/community-id.ts';

const CORPUS = process.env.SSHFATE_CORPUS;
const BASELINES = path.join(
  CORPUS ?? '/nonexistent',
  'corpus/tcp-oracle/corelight+community-id-spec__combined.pcap.expected.txt',
);
const PROTOCOL_TCP = 6;

interface Baseline {
  readonly proto: number;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  readonly communityid: string;
}

function idOf(from: string, fromPort: number, to: string, toPort: number, seed?: number): string {
  const [client, server] = [parseAddress(from), parseAddress(to)];
  if (client === undefined || server === undefined) throw new Error(`${from} ${to}`);
  return communityId(client.ipVersion, client.words, server.words, fromPort, toPort, seed);
}

describe('the Community ID', () => {
  it('is that of the specification, in both directions', () => {
    const id = '1:LQU9qZlK+B5F3KDmev6m5PMibrg=';
    expect(idOf('128.232.110.120', 34855, '66.35.250.204', 80)).toBe(id);
    expect(idOf('66.35.250.204', 80, '128.232.110.120', 34855)).toBe(id);
    expect(idOf('128.232.110.120', 34855, '66.35.250.204', 80, 1)).toBe('1:3V71V58M3Ksw/yuFALMcW0LAHvc=');
  });

  it('of a host with itself goes by the ports', () => {
    expect(idOf('127.0.0.1', 22, '127.0.0.1', 50_000)).toBe(idOf('127.0.0.1', 50_000, '127.0.0.1', 22));
  });

  it('compares addresses without sign', () => {
    expect(idOf('10.0.0.1', 50_000, '200.0.0.1', 22)).toBe(idOf('200.0.0.1', 22, '10.0.0.1', 50_000));
  });
});

describe.skipIf(CORPUS === undefined)(
  `the Community ID${CORPUS === undefined ? ' (skipped: SSHFATE_CORPUS is not set)' : ''}`,
  () => {
    it('is that of all baselines of its authors', () => {
      const [seed0 = [], seed1 = []] = readFileSync(BASELINES, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('['))
        .map((line) => (JSON.parse(line) as Baseline[]).filter(({ proto }) => proto === PROTOCOL_TCP));
      expect([seed0.length, seed1.length]).toEqual([4, 4]);
      for (const [seed, baselines] of [seed0, seed1].entries()) {
        for (const { saddr, sport, daddr, dport, communityid } of baselines)
          expect(idOf(saddr, sport, daddr, dport, seed)).toBe(communityid);
      }
    });
  },
);
