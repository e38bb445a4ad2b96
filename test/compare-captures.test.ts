import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeAttack } from '../bench/attack.ts';
import {
  describeJointMiss,
  type JointJudgement,
  jointCauseIsRight,
  jointPlaceIsRight,
  jointScoreOf,
  judgeTogether,
} from '../scripts/lab/judge-together.ts';
import { inCaptures, shippedTruths } from '../scripts/lab/manifest.ts';
import type { Truth } from '../scripts/lab/truth.ts';
import { compareCaptures, type JointSession } from '../src/index.ts';
import { ACK, FIN, RST } from '../src/wire/segment.ts';
import { atOtherEnd, withOffload, withoutSome } from './compare/two-ends.ts';
import { extracted, judged } from './evidence/extracting.ts';
import { type CapturedPacket, putTogether, takeApart } from './lab/altered.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, packets: readonly CapturedPacket[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, putTogether(packets));
  return file;
}

/** Ethernet, IPv4 without options, TCP: where things are. */
const [SOURCE_PORT, TCP_FLAGS] = [34, 47];

const read = (file: string): readonly CapturedPacket[] => takeApart(readFileSync(file)) ?? [];

interface Pair {
  readonly name: string;
  readonly truth: Truth;
  readonly client: string;
  readonly server: string;
  readonly ports: readonly number[];
}

const pairs: readonly Pair[] = shippedTruths().flatMap((truth) => {
  const { client, server } = truth.sides;
  if (client === undefined || server === undefined) return [];
  const ports = [...new Set([client.port, server.port])];
  return [
    { name: truth.name, truth, client: inCaptures(client.file), server: inCaptures(server.file), ports },
  ];
});
const pairNamed = (name: string): Pair => pairs.find((pair) => pair.name === name) as Pair;
const both = ({ client, server, ports }: Pair) => compareCaptures([client, server], { ports });

/** All that a verdict says, without the numbers that depend on which clock counts. */
const said = ({ verdict, seen, order, connection }: JointSession) => ({
  ...{ place: verdict.place, cause: verdict.cause, between: verdict.between, summary: verdict.summary },
  ...{ seen: seen.map(({ capture, session }) => `${capture} ${session}`), order, connection },
});

describe('the captures of both ends', () => {
  /** What the packets do not prove, and why. */
  const UNPROVEN: readonly string[] = [
    // The server's interface went down, which from outside is a path that lost everything.
    'lost-in-session-host-gone',
    // The client left before its proposal was on the wire: that the two had nothing in common, only its log says.
    'close-during-kex-no-common-mac-putty',
  ];
  const judged: JointJudgement[] = [];

  it.each(pairs)('of $name: the cause is named, and its place', async ({ name, truth }) => {
    const judgements = (await judgeTogether(truth, inCaptures)) ?? [];
    judged.push(...judgements);
    expect(judgements.length).toBeGreaterThan(0);
    if (UNPROVEN.includes(name)) return;
    for (const one of judgements) {
      expect(jointCauseIsRight(one) && jointPlaceIsRight(one), describeJointMiss(one)).toBe(true);
    }
  });

  it('are judged as well as the project has set itself: nearly every place, none wrong and certain', () => {
    const score = jointScoreOf(judged);
    expect(score.wrongAndCertain.map(describeJointMiss)).toEqual([]);
    expect(score.meetsTargets, score.misses.map(describeJointMiss).join('\n')).toBe(true);
    expect(score.scenarios).toBeGreaterThan(150);
  });

  it.each(pairs)('of $name say the same in the other order', async ({ client, server, ports }) => {
    const one = await compareCaptures([client, server], { ports });
    const other = await compareCaptures([server, client], { ports });
    expect(other.sessions.map(said)).toEqual(one.sessions.map(said));
  });
});

describe('a capture with itself', () => {
  it.each(pairs)('of $name: nothing happens between', async ({ server, ports }) => {
    const { sessions, captures } = await compareCaptures([server, server], { ports });
    expect(captures[0]?.sessions).toBe(captures[1]?.sessions);
    for (const { order, legs, verdict } of sessions) {
      expect(order).toBe('same-place');
      expect(legs).toBeUndefined();
      expect(verdict.between).toBeUndefined();
    }
  });
});

describe('captures of different sessions', () => {
  it('are said to have nothing in common, with what to check', async () => {
    const { sessions, hints, summary } = await compareCaptures([
      pairNamed('completed').client,
      pairNamed('close-during-kex-no-common-kex').server,
    ]);
    expect(summary.matched).toBe(0);
    expect(sessions).toHaveLength(2);
    expect(hints?.join(' ')).toMatch(/No session is in more than one.*same time.*--port/);
  });

  it('also when both ends run the same programs, whose proposals are the same to the byte', async () => {
    // The ends have the same addresses and programs in all scenarios; two captures of one are left out.
    const scenarios = pairs.filter(({ ports }) => ports.length === 1);
    for (const [n, one] of scenarios.entries()) {
      const other = scenarios[(n + 7) % scenarios.length] as Pair;
      const { summary } = await compareCaptures([one.client, other.server], { ports: one.ports });
      expect(summary.matched, `${one.name} and ${other.name}`).toBe(0);
    }
  });

  it('an empty one is said to be empty', async () => {
    const { hints } = await compareCaptures([pairNamed('completed').client, written('empty.pcap', [])]);
    expect(hints?.[0]).toMatch(/empty\.pcap holds no packet/);
  });
});

describe('evidence', () => {
  it('counts the end of the capture that it is taken from, as analyze does', async () => {
    const { client } = pairNamed('close-during-kex-no-common-kex');
    const [syn] = read(client) as [CapturedPacket];
    const [later] = read(pairNamed('completed').client) as [CapturedPacket];
    const whole = written('whole.pcap', [syn, { ...later, time: syn.time + 60e6 }]);
    const { file } = await extracted(whole, { sessions: [1] });
    const evidence = path.join(folder, 'evidence.pcapng');
    writeFileSync(evidence, file);
    const fates = (await judged(evidence)).map(({ fate }) => fate);
    expect(fates).toEqual(['no-syn-ack']);
    const { sessions } = await compareCaptures([evidence, whole]);
    const seen = sessions.flatMap((session) => session.seen).filter(({ capture }) => capture === evidence);
    expect(seen.map(({ fate }) => fate)).toEqual(fates);
  });
});

describe('a capture that misses a fifth of its packets', () => {
  /** The router or the link really loses packets there, too. */
  const LOSING: readonly string[] = ['close-during-kex-server-killed', 'lost-in-session-host-gone'];
  const whole = pairs.filter(
    ({ name, truth, server }) =>
      // Of two connections nobody acknowledges for the other.
      !name.includes('haproxy') &&
      truth.place !== 'path' &&
      !LOSING.includes(name) &&
      read(server).length >= 30,
  );

  for (const end of ['client', 'server'] as const) {
    it.each(whole)(
      `at the ${end} of $name is incomplete, and the path is not to blame`,
      async ({ name, truth, ports, ...pair }) => {
        const some = written(`${name}.some.pcap`, withoutSome(read(pair[end]), 0.2, 7));
        const other = pair[end === 'client' ? 'server' : 'client'];
        const { sessions, captures, hints } = await compareCaptures([some, other], { ports });
        for (const session of sessions) {
          expect(session.verdict.place, JSON.stringify(session.verdict)).not.toBe('path');
          const expected = [...(truth.sides.client?.sessions ?? []), ...(truth.sides.server?.sessions ?? [])];
          if (session.verdict.cause?.confidence !== 'certain') continue;
          expect(expected.flatMap(({ cause }) => cause)).toContain(session.verdict.cause.id);
        }
        expect(captures[0]?.missed?.share).toBeGreaterThan(0.03);
        expect(captures[1]?.missed).toBeUndefined();
        expect(hints?.join(' ')).toMatch(/some\.pcap is incomplete.*not the path/);
      },
    );
  }

  it('is measured: of a large capture the share that was dropped is found', async () => {
    const file = path.join(folder, 'attack.pcap');
    writeAttack(file, 300);
    const packets = read(file);
    const client = written(
      'whole.pcap',
      atOtherEnd(packets, { port: 22, delayUs: { toServer: 2_000, toClient: 2_000 }, hops: 3 }),
    );
    const { captures, summary } = await compareCaptures([
      client,
      written('some.pcap', withoutSome(packets, 0.2, 1)),
    ]);
    expect(summary.matched).toBeGreaterThan(290);
    expect(captures[1]?.missed?.share).toBeGreaterThan(0.16);
    expect(captures[1]?.missed?.share).toBeLessThan(0.24);
    expect(summary.places.path).toBeUndefined();
  });
});

describe('clocks that differ', () => {
  it.each([
    { offsetUs: 37e6, driftPpm: 50, delayUs: { toServer: 800, toClient: 800 } },
    { offsetUs: -37e6, driftPpm: -50, delayUs: { toServer: 20_000, toClient: 20_000 } },
    { offsetUs: 12.5e6, driftPpm: 120, delayUs: { toServer: 900, toClient: 300 } },
  ])('by $offsetUs µs and $driftPpm ppm are found within a millisecond', async (clock) => {
    const file = path.join(folder, 'attack-for-clocks.pcap');
    writeAttack(file, 400);
    const packets = read(file);
    const client = written('client.pcap', atOtherEnd(packets, { port: 22, hops: 2, ...clock }));
    const { captures, summary, sessions } = await compareCaptures([file, client]);
    const found = captures[1]?.clock;
    expect(summary.matched).toBe(400);
    expect(summary.sessions).toBe(400);
    expect(Math.abs((found?.offsetMs ?? 0) - clock.offsetUs / 1e3)).toBeLessThan(1);
    const truth = found?.driftPpm ?? 0;
    const ranUs = (packets.at(-1)?.time ?? 0) - (packets[0]?.time ?? 0);
    // What is wrong of the speed adds up until the end.
    expect((Math.abs(truth - clock.driftPpm) * 1e-6 * ranUs) / 1e3).toBeLessThan(1);
    for (const { seen } of sessions) expect(seen[0]?.capture).toBe(client);
  });

  it('do not matter to any verdict', async () => {
    for (const name of [
      'reset-in-session-forged',
      'lost-in-session-keepalive',
      'stalled-during-kex-path-mtu',
    ]) {
      const pair = pairNamed(name);
      const first = read(pair.client)[0]?.time ?? 0;
      const moved = read(pair.client).map((packet) => ({
        ...packet,
        time: Math.round(packet.time + 37e6 + (packet.time - first) * 50e-6),
      }));
      const plain = await both(pair);
      const late = await compareCaptures([written('moved.pcap', moved), pair.server], { ports: pair.ports });
      expect(late.sessions.map(({ verdict }) => [verdict.place, verdict.cause])).toEqual(
        plain.sessions.map(({ verdict }) => [verdict.place, verdict.cause]),
      );
    }
  });
});

describe('what a path makes of packets', () => {
  it('is told: hop limits', async () => {
    const { sessions } = await both(pairNamed('completed'));
    const changes = sessions[0]?.legs?.[0]?.clientToServer.changes;
    expect(changes).toEqual([expect.objectContaining({ kind: 'hop-limit', from: '64', to: '63' })]);
  });

  it('is told: a clamped MSS', async () => {
    const { sessions } = await both(pairNamed('completed-mss-clamped'));
    const leg = sessions[0]?.legs?.[0];
    for (const direction of [leg?.clientToServer, leg?.serverToClient]) {
      expect(direction?.changes).toContainEqual(
        expect.objectContaining({ kind: 'mss', from: '1460', to: '900', packets: 1 }),
      );
    }
  });

  it('is told: other sequence numbers, through which every packet is found', async () => {
    const { sessions } = await both(pairNamed('completed-renumbered'));
    expect(sessions[0]).toMatchObject({ connection: 'renumbered', order: 'known' });
    const leg = sessions[0]?.legs?.[0];
    expect(leg?.clientToServer.lost).toBeUndefined();
    expect(leg?.clientToServer.changes).toContainEqual(
      expect.objectContaining({ kind: 'sequence-numbers', to: '2654435769' }),
    );
  });

  it('is told: addresses that are translated', async () => {
    const { sessions } = await both(pairNamed('closed-in-session-masquerade-both'));
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({ connection: 'translated', order: 'known' });
    expect(sessions[0]?.verdict.summary).toMatch(/The server’s FIN is real/);
  });

  it('is told: a proxy with a connection of its own, and which side of it closed', async () => {
    const behind = await both(pairNamed('closed-in-session-behind-haproxy'));
    expect(behind.sessions[0]).toMatchObject({ connection: 'proxied', verdict: { place: 'server' } });
    expect(behind.sessions[0]?.seen.map(({ matchedBy }) => matchedBy)).toContain('cookies');
    const by = await both(pairNamed('closed-in-session-by-haproxy'));
    expect(by.sessions[0]?.verdict).toMatchObject({
      place: 'path',
      cause: { id: 'closed-by-proxy', confidence: 'certain' },
    });
  });

  it('is no loss when a network card sends large segments that the path carries as small ones', async () => {
    const pair = pairNamed('completed-scp');
    const large = written('offload.pcap', withOffload(read(pair.client)));
    expect(read(large).length).toBeLessThan(read(pair.client).length - 10);
    const { sessions, hints } = await compareCaptures([large, pair.server], { ports: pair.ports });
    expect(hints).toBeUndefined();
    const way = sessions[0]?.legs?.[0]?.clientToServer;
    expect(way?.recut).toBeGreaterThan(10);
    expect(way?.lost).toBeUndefined();
    expect(way?.inserted).toBeUndefined();
    expect(sessions[0]?.verdict.place).toBe('nowhere');
  });
});

describe('a reset', () => {
  it('that the server never sent is said so, with its packet', async () => {
    const pair = pairNamed('close-during-kex-forged-reset-to-client');
    const { sessions } = await both(pair);
    const { verdict } = sessions[0] as JointSession;
    expect(verdict.cause).toEqual({ id: 'rst-injected', confidence: 'certain' });
    expect(verdict.summary).toMatch(
      /^The RST that the client received \(packet \d+ of .*client\.pcap\) was never sent by the server/,
    );
    expect(verdict.evidence[0]?.capture).toBe(pair.client);
  });

  it('that is a FIN instead is told from one that the server sent', async () => {
    const pair = pairNamed('close-during-kex-forged-reset-to-client');
    const forged = read(pair.client).map((packet) => {
      const bytes = Buffer.from(packet.bytes);
      if ((bytes.readUInt8(TCP_FLAGS) & RST) !== 0 && bytes.readUInt16BE(SOURCE_PORT) === 22) {
        bytes.writeUInt8(FIN | ACK, TCP_FLAGS);
      }
      return { ...packet, bytes };
    });
    const { sessions } = await compareCaptures([written('forged-fin.pcap', forged), pair.server]);
    const { verdict } = sessions[0] as JointSession;
    expect(verdict.cause).toEqual({ id: 'fin-injected', confidence: 'certain' });
    expect(verdict.summary).toMatch(/^The FIN that the client received .* was never sent by the server/);
    expect(verdict.nextSteps?.length).toBeGreaterThan(0);
  });

  it('that the server sent is said to be real', async () => {
    const { sessions } = await both(pairNamed('rst-before-banner-hosts-deny'));
    expect(sessions[0]?.verdict.place).toBe('server');
    expect(sessions[0]?.verdict.summary).toMatch(
      /The server’s RST is real: packet \d+ of .*server\.pcap is packet \d+ of .*client\.pcap\./,
    );
  });
});

describe('three captures', () => {
  const files = ['client', 'router', 'server'].map((side) =>
    inCaptures(`reset-in-session-forged-seen-in-between.${side}.pcap`),
  );

  it.each([
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ])('in the order %i %i %i narrow down where resets were forged', async (...order) => {
    const { sessions } = await compareCaptures(order.map((n) => files[n] as string));
    expect(sessions[0]?.seen.map(({ capture }) => capture)).toEqual(files);
    expect(sessions[0]?.verdict.between).toEqual({ after: files[1], before: files[2] });
  });

  it('tell where a SYN was dropped', async () => {
    const names = ['server', 'router', 'client'].map((side) =>
      inCaptures(`no-syn-ack-seen-in-between.${side}.pcap`),
    );
    const { sessions } = await compareCaptures(names);
    expect(sessions[0]?.verdict).toMatchObject({
      place: 'path',
      cause: { id: 'filtered' },
      between: { after: names[1], before: names[0] },
    });
    expect(sessions[1]?.seen).toHaveLength(3);
  });
});

describe('many sessions', () => {
  it('are all found, and the effort grows with them, not with their square', async () => {
    const seconds: number[] = [];
    for (const count of [1_000, 10_000]) {
      const server = path.join(folder, `many-${count}.pcap`);
      writeAttack(server, count);
      const client = written(
        `many-${count}.client.pcap`,
        atOtherEnd(read(server), {
          port: 22,
          delayUs: { toServer: 3_000, toClient: 3_000 },
          offsetUs: 37e6,
          driftPpm: 50,
        }),
      );
      const started = performance.now();
      const { summary } = await compareCaptures([server, client]);
      seconds.push((performance.now() - started) / 1000);
      expect(summary).toMatchObject({ sessions: count, matched: count });
    }
    const [few = 0, many = 0] = seconds;
    expect(many, `${few.toFixed(1)} s and ${many.toFixed(1)} s`).toBeLessThan(few * 40);
  }, 240_000);
});

describe('limits', () => {
  it('leave out packets of a session’s middle, are counted, and nothing is claimed of what is left out', async () => {
    const pair = pairNamed('completed-scp');
    const { sessions, captures } = await compareCaptures([pair.client, pair.server], {
      ports: pair.ports,
      packetLimits: { first: 20, last: 10 },
    });
    expect(captures[0]?.notCompared?.packets).toBeGreaterThan(20);
    const leg = sessions[0]?.legs?.[0];
    expect(leg?.clientToServer.lost).toBeUndefined();
    expect(leg?.clientToServer.inserted).toBeUndefined();
    expect(sessions[0]?.verdict.place).toBe('nowhere');
  });

  it('of packets in all leave the rest uncompared', async () => {
    const pair = pairNamed('close-during-auth-guessing');
    const { sessions, captures } = await compareCaptures([pair.client, pair.server], {
      ports: pair.ports,
      packetLimits: { packets: 60 },
    });
    expect(captures[1]?.notCompared?.packets).toBeGreaterThan(60);
    expect(sessions.filter(({ verdict }) => verdict.place === 'path')).toEqual([]);
  });
});

describe('hostile captures', () => {
  it('do not make a comparison throw', async () => {
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (const { client, server, ports, name } of pairs.filter((_, n) => n % 4 === 0)) {
      const wrong = read(client).map((packet) => {
        const bytes = Buffer.from(packet.bytes);
        for (let n = 0; n < 3; n++) bytes[14 + random(bytes.length - 14)] = random(256);
        return { ...packet, bytes };
      });
      const comparison = await compareCaptures([written(`${name}.wrong.pcap`, wrong), server], { ports });
      expect(comparison.sessions.length).toBeGreaterThan(0);
    }
  });
});
