import { describe, expect, it } from 'vitest';
import {
  AuthenticationWatch,
  FLIGHTS_LIMIT,
  NOTHING_SEEN,
  VOLUME_LIMIT,
} from '../../src/ssh/authentication.ts';
import { type AuthenticationFacts, CLIENT, SERVER } from '../../src/ssh/conversation-api.ts';
import { readKexInit, type SharedProposal } from '../../src/ssh/kexinit.ts';
import { type Agreement, negotiate } from '../../src/ssh/negotiation.ts';
import { type SizedSession, sizedSessions } from './streams.ts';
import { cut, kexInitPayload, merged, type Sent } from './wire.ts';

function agreement(cipher: string, mac = 'none', compression = 'none'): Agreement {
  const payload = kexInitPayload({ cipher, mac, compression });
  const { proposal } = readKexInit(payload, 0, payload.length) as { readonly proposal: SharedProposal };
  return negotiate(proposal, proposal);
}

/** Segments of these packet lengths, with readable length fields where the algorithms have them. */
function encrypted(agreed: Agreement, segments: readonly string[]): Sent[] {
  return segments.map((segment) => {
    const side = segment.startsWith('C') ? CLIENT : SERVER;
    const shape = agreed.shape(side);
    const packets = segment
      .slice(1)
      .split('+')
      .map((length) => {
        const bytes = Buffer.alloc(Number(length), 0xee);
        if (shape?.readable) bytes.writeUInt32BE(Number(length) - 4 - shape.tag);
        return bytes;
      });
    return [side, Buffer.concat(packets)];
  });
}

function watch(
  agreed: Agreement | undefined,
  segments: Iterable<Sent>,
  client = 'OpenSSH_9.2p1',
  server = 'OpenSSH_9.2p1',
): AuthenticationWatch {
  const one = new AuthenticationWatch(agreed, client, server);
  const offsets = [0, 0];
  let packet = 0;
  for (const [side, bytes] of segments) {
    packet++;
    const offset = (offsets[side] as number) + bytes.length;
    offsets[side] = offset;
    one.data(side, bytes, 0, bytes.length, offset, packet, packet * 1e6);
  }
  return one;
}

const CHACHA = agreement('chacha20-poly1305@openssh.com');
const GCM = agreement('aes128-gcm@openssh.com');

const facts = (text: string, agreed = CHACHA, client = 'OpenSSH_9.2p1'): AuthenticationFacts =>
  watch(agreed, encrypted(agreed, text.split(' ')), client).facts();

const told = ({ result, attempts, clientDisconnect }: AuthenticationFacts): string =>
  `${result} ${attempts ?? '?'} ${clientDisconnect ? 'left' : '-'}`;

const LOGIN = 'C44 S44 C68 S52 C84 S28';

describe('real sessions, by their sizes', () => {
  const sessions = sizedSessions();
  const judge = (session: SizedSession, recut: (segments: Sent[]) => Iterable<Sent>): AuthenticationFacts => {
    const agreed = agreement(session.cipher, session.mac === '<implicit>' ? 'none' : session.mac);
    return watch(agreed, recut(encrypted(agreed, session.segments)), session.client, session.server).facts();
  };

  it('are told as their servers logged them, or not told', () => {
    const confusion: Record<string, number> = {};
    for (const session of sessions) {
      const [result, attempts, left] = session.truth.split(' ') as [string, string, string];
      const seen = judge(session, (segments) => segments);
      expect(told(seen), session.segments.join(' ')).toBe(session.told);
      expect([result, 'unknown'], session.segments.join(' ')).toContain(seen.result);
      if (seen.attempts !== undefined) expect(String(seen.attempts)).toBe(attempts);
      if (seen.clientDisconnect) expect(left).toBe('left');
      const cell = `${result} told ${seen.result}`;
      confusion[cell] = (confusion[cell] ?? 0) + 1;
    }
    expect(confusion).toEqual({
      'succeeded told succeeded': expect.any(Number) as number,
      'failed told failed': expect.any(Number) as number,
    });
    const silent = sessions.filter(({ told: words }) => words.includes('?')).length;
    expect(silent).toBeLessThanOrEqual(6);
  });

  it.each<[string, (segments: Sent[]) => Iterable<Sent>]>([
    ['in one piece a flight', merged],
    ['byte by byte', (segments) => cut(segments, [1])],
    ['in pieces of 7, 28, 1 and 100', (segments) => cut(merged(segments), [7, 28, 1, 100])],
  ])('are told the same %s', (_, recut) => {
    for (const session of sessions) {
      const seen = judge(session, recut);
      expect(told(seen), session.segments.join(' ')).toBe(session.told);
      expect(seen.success?.endOffset).toBe(judge(session, (segments) => segments).success?.endOffset);
    }
  });
});

describe('AuthenticationWatch', () => {
  it('places success where the smallest packet ended', () => {
    const { success } = facts(`S316 ${LOGIN} C112 S628`);
    expect(success).toEqual({ packet: 7, timeNs: 7e6, endOffset: 316 + 44 + 52 + 28 });
  });

  it('places success inside of a flight that goes on, at its packet', () => {
    const { success } = facts('C44 S44 C68 S52 C84 S28 S628 C112 S44');
    expect(success).toMatchObject({ packet: 6, endOffset: 44 + 52 + 28 });
    expect(facts('C52 S52 C68 S52 C84 S36+620 C120 S52', GCM).success).toMatchObject({
      packet: 6,
      endOffset: 52 + 52 + 36,
    });
  });

  it('ignores EXT_INFO that comes before the client has said anything', () => {
    expect(facts(`S28 ${LOGIN}`)).toMatchObject({ result: 'succeeded', attempts: 0 });
    expect(facts('S28')).toEqual({ ...NOTHING_SEEN, turn: CLIENT });
  });

  it('says whose turn it is until success', () => {
    expect(facts('C44').turn).toBe(SERVER);
    expect(facts('C44 S44').turn).toBe(CLIENT);
    expect(facts('C44 S44 C68').turn).toBe(SERVER);
    expect(facts('C44 S44 C68 S52').turn).toBe(CLIENT);
    expect(facts(LOGIN).turn).toBeUndefined();
    expect(facts('C44 S44 C68 S52 C84 S76').turn).toBeUndefined();
  });

  it('takes a success of 36 bytes from a server that keeps the minimum of RFC 4253', () => {
    const segments = encrypted(CHACHA, 'C44 S44 C68 S52 C84 S36'.split(' '));
    expect(watch(CHACHA, segments, 'OpenSSH_9.2', 'dropbear_2022.83').facts().result).toBe('succeeded');
    expect(watch(CHACHA, segments, 'OpenSSH_9.2', 'OpenSSH_9.2').facts().result).toBe('unknown');
  });

  it('knows the client that leaves, and the place of its last byte', () => {
    const session = `${LOGIN} C112 S628 S44 C52 S72 C36 S36 S88`;
    expect(facts(session).clientDisconnect).toBeUndefined();
    expect(facts(`${session} C36 C60`).clientDisconnect).toMatchObject({ packet: 16 });
    expect(facts(`${session} C36 C60 S36`).clientDisconnect).toMatchObject({ packet: 16 });
    expect(facts(`${session} C60`).clientDisconnect).toBeDefined();
    expect(facts(`${session} C36`).clientDisconnect).toBeUndefined();
    expect(facts(`${session} C60 S36 C36`).clientDisconnect).toBeUndefined();
  });

  it('does not take a command of the same length for the disconnect message', () => {
    expect(facts(`${LOGIN} C112 S44 C60`).clientDisconnect).toBeUndefined();
    expect(facts(`${LOGIN} C60`).clientDisconnect).toBeUndefined();
    expect(facts(`${LOGIN} C60 S628 C60`).clientDisconnect).toBeDefined();
  });

  it('is silent on disconnects of programs that send none', () => {
    const session = `${LOGIN} C52 S44 C52 S36 C36 S36 C36 C60`;
    expect(facts(session, CHACHA, 'dropbear_2022.83').clientDisconnect).toBeUndefined();
  });

  it('says nothing where the algorithms tell nothing, until volume does', () => {
    for (const agreed of [undefined, agreement('chacha20-poly1305@openssh.com', 'none', 'zlib')]) {
      const segments = encrypted(CHACHA, LOGIN.split(' '));
      expect(watch(agreed, segments).facts()).toEqual(NOTHING_SEEN);
      const bulk: Sent[] = [...segments, [SERVER, Buffer.alloc(VOLUME_LIMIT)]];
      expect(watch(agreed, bulk).facts()).toMatchObject({ result: 'succeeded', attempts: undefined });
    }
  });

  it('stops judging at a gap before success, and not after it', () => {
    const before = watch(CHACHA, encrypted(CHACHA, 'C44 S44 C68 S52'.split(' ')));
    before.gap(SERVER, 52, 148, 5, 5e6);
    before.data(CLIENT, Buffer.alloc(84), 0, 84, 196, 6, 6e6);
    before.data(SERVER, Buffer.alloc(28), 0, 28, 176, 7, 7e6);
    expect(before.facts()).toEqual(NOTHING_SEEN);
    const after = watch(CHACHA, encrypted(CHACHA, LOGIN.split(' ')));
    after.data(CLIENT, Buffer.alloc(112), 0, 112, 308, 7, 7e6);
    after.gap(SERVER, 5000, 5124, 8, 8e6);
    expect(after.facts()).toMatchObject({ result: 'succeeded', attempts: 0 });
  });

  it('stops judging when packet lengths are impossible', () => {
    const segments = encrypted(GCM, 'C52 S52 C68 S52 C84'.split(' '));
    const broken: Sent[] = [...segments, [SERVER, Buffer.alloc(36, 0xff)]];
    expect(watch(GCM, broken).facts()).toEqual(NOTHING_SEEN);
  });

  it('takes much volume for a session, however it was opened', () => {
    const segments = encrypted(CHACHA, 'C44 S44 C68 S52 C140 S132 C140'.split(' '));
    const bulk: Sent[] = [...segments, [SERVER, Buffer.alloc(VOLUME_LIMIT)]];
    expect(watch(CHACHA, bulk).facts()).toMatchObject({
      result: 'succeeded',
      attempts: undefined,
      success: { packet: 8 },
    });
  });

  it('takes many flights for a session, unless nearly all are refusals', () => {
    const rounds = (reply: (round: number) => number): string =>
      Array.from({ length: FLIGHTS_LIMIT }, (_, round) => `C84 S${reply(round)}`).join(' ');
    expect(facts(`C44 S44 C68 S52 ${rounds((round) => 60 + 8 * (round % 7))}`).result).toBe('succeeded');
    const guessing = facts(`C44 S44 C68 S52 ${rounds(() => 52)}`);
    expect(guessing.result).toBe('failed');
    expect(guessing.attempts).toBeGreaterThan(70);
  });

  it('gives the same facts when asked twice, and new ones after more bytes', () => {
    const one = watch(CHACHA, encrypted(CHACHA, 'C44 S44 C68 S52'.split(' ')));
    const first = one.facts();
    expect(one.facts()).toBe(first);
    one.data(CLIENT, Buffer.alloc(84), 0, 84, 196, 5, 5e6);
    expect(one.facts().turn).toBe(SERVER);
  });
});
