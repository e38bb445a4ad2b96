import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZeekState } from '../../src/tcp/zeek-state.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../src/wire/segment.ts';

/** Initial sequence numbers: the client's wraps after 1000 bytes, the server's changes its sign. */
const CLIENT_START = -1001 | 0;
const SERVER_START = 0x7fff_fc00;

const FLAGS: Record<string, number> = { S: SYN, F: FIN, R: RST, P: PSH, '.': ACK };

interface Line {
  readonly side: 0 | 1;
  readonly flags: number;
  /** Relative: 0 is the SYN, 1 the first byte. */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly length: number;
  readonly window: number;
  readonly captured: number;
}

/** '> S 0' · '< S. 0 1' · '> P. 1 1 +20' · options: w0 (window 0), cut (payload not captured). */
function parse(line: string): Line {
  const [arrow, letters = '', ...rest] = line.trim().split(/\s+/);
  const numbers = rest.filter((word) => /^-?\d/.test(word)).map(Number);
  const length = Number(rest.find((word) => word.startsWith('+')) ?? 0);
  return {
    side: arrow === '>' ? 0 : 1,
    flags: [...letters].reduce((bits, letter) => bits | (FLAGS[letter] ?? 0), 0),
    sequence: numbers[0] ?? 0,
    acknowledgement: numbers[1] ?? 0,
    length,
    window: rest.includes('w0') ? 0 : 500,
    captured: rest.includes('cut') ? 0 : length,
  };
}

function play(dialogue: string): ZeekState {
  const state = new ZeekState();
  for (const text of dialogue.split('\n').filter((line) => line.trim() !== '')) {
    const line = parse(text);
    const isClient = line.side === 0;
    const own = isClient ? CLIENT_START : SERVER_START;
    const other = isClient ? SERVER_START : CLIENT_START;
    state.segment(
      line.side,
      line.flags,
      (own + line.sequence) | 0,
      (line.flags & ACK) === 0 ? 0 : (other + line.acknowledgement) | 0,
      line.length,
      line.window,
      line.captured,
    );
  }
  return state;
}

const summary = (state: ZeekState): string => `${state.connState} ${state.history}`;
const bytes = (state: ZeekState): (number | undefined)[] => [state.originBytes, state.responderBytes];

const HANDSHAKE = `
  > S 0
  < S. 0 1
  > . 1 1`;

const TALK = `${HANDSHAKE}
  < P. 1 1 +20
  > . 1 21
  > P. 1 21 +30
  < . 21 31`;

describe('conn_state', () => {
  const cases: [title: string, dialogue: string, expected: string, bytes: (number | undefined)[]][] = [
    ['S0 for a SYN that nothing answers', '> S 0\n> S 0\n> S 0', 'S0 S', [0, undefined]],
    ['S1 for a connection that stays open', TALK, 'S1 ShAdDa', [30, 20]],
    [
      'SF for a connection that both sides close',
      `${TALK}\n> F. 31 21\n< F. 21 32\n> . 32 22`,
      'SF ShAdDaFf',
      [30, 20],
    ],
    ['REJ for a SYN that a reset answers', '> S 0\n< R. 0 1', 'REJ Sr', [0, 0]],
    [
      'S2 for a close of the client that the server only acknowledges',
      `${TALK}\n> F. 31 21\n< . 21 32`,
      'S2 ShAdDaF',
      [30, 20],
    ],
    [
      'S3 for a close of the server that the client only acknowledges',
      `${TALK}\n< F. 21 31\n> . 31 22`,
      'S3 ShAdDaf',
      [30, 20],
    ],
    ['RSTO for a reset by the client', `${TALK}\n> R 31`, 'RSTO ShAdDaR', [30, 20]],
    ['RSTR for a reset by the server', `${TALK}\n< R. 21 31`, 'RSTR ShAdDar', [30, 20]],
    [
      'RSTO for a client that closes and then resets',
      `${TALK}\n> F. 31 21\n> R 32`,
      'RSTO ShAdDaFR',
      [30, 20],
    ],
    ['RSTOS0 for a SYN and a reset of the client', '> S 0\n> R 1', 'RSTOS0 SR', [0, undefined]],
    ['RSTRH for a SYN-ACK and a reset of the server without a SYN', '< S. 0 1\n< R 1', 'RSTRH ^hr', [0, 0]],
    ['SH for a SYN and a FIN of the client', '> S 0\n> F 1', 'SH SF', [0, undefined]],
    ['SHR for a SYN-ACK and a FIN of the server without a SYN', '< S. 0 1\n< F. 1 1', 'SHR ^hf', [0, 0]],
    ['OTH for traffic without a SYN', '> P. 100 200 +10\n< . 200 110', 'OTH Da', [10, 0]],
    ['OTH for a reset and nothing else', '> R 0', 'OTH R', [0, undefined]],
    ['OTH for a SYN-ACK and nothing else', '< S. 0 1', 'OTH ^h', [0, 0]],
    [
      'SF for traffic without a SYN that both sides close',
      '> P. 100 200 +10\n< F. 200 110\n> F. 110 201\n< . 201 111',
      'SF DfFa',
      [10, 0],
    ],
    ['S1 when the SYN is missing', '< S. 0 1\n> . 1 1\n< P. 1 1 +20', 'S1 ^hAd', [0, 20]],
    [
      'OTH when the SYN-ACK is missing and data follows',
      '> S 0\n> . 1 1\n< P. 1 1 +20\n> . 1 21',
      'OTH SAd',
      [0, 20],
    ],
    ['S0 when only the client is seen', '> S 0\n> . 1 1\n> P. 1 1 +30', 'S0 SAD', [30, 0]],
  ];
  it.each(cases)('is %s', (_title, dialogue, expected, sizes) => {
    const state = play(dialogue);
    expect(summary(state)).toBe(expected);
    expect(bytes(state)).toEqual(sizes);
  });

  it('is SF when a side that had closed resets late, after the peer closed too', () => {
    expect(summary(play(`${TALK}\n> F. 31 21\n< F. 21 32\n> R 32\n< R 22`))).toBe('SF ShAdDaFfRr');
  });

  it('is SF when the peer closes after a FIN and a reset', () => {
    expect(summary(play(`${TALK}\n> F. 31 21\n> R 32\n< F. 21 32\n> R 32`))).toBe('SF ShAdDaFRf');
  });

  it('is RSTR when the server resets after both, and RSTO never wins over it', () => {
    expect(summary(play(`${TALK}\n> R 31\n< R 21`))).toBe('RSTR ShAdDaRr');
  });

  it('is REJ when both sides reset and no byte was sent', () => {
    expect(summary(play(`${HANDSHAKE}\n> R 1\n< R 1`))).toBe('REJ ShARr');
  });

  it('is as in the tests of Zeek for resets after odd beginnings', () => {
    expect(summary(play('> S 0\n< . 50 1\n> R 1'))).toBe('RSTOS0 SaR');
    expect(summary(play('> S 0\n< . 50 1\n> F 1\n> R 2'))).toBe('OTH SaFR');
  });

  it('is S1 when both sides open at once', () => {
    expect(summary(play('> S 0\n< S 0\n> S. 0 1\n< S. 0 1\n> . 1 1'))).toBe('S1 SsA');
  });

  it('is OTH for a client that answers with SYN-ACK first', () => {
    expect(summary(play('> S. 0 1'))).toBe('OTH H');
  });

  it('is OTH before anything was seen, with an empty history and unknown sizes', () => {
    const state = new ZeekState();
    expect(summary(state)).toBe('OTH ');
    expect(bytes(state)).toEqual([undefined, undefined]);
  });
});

describe('history', () => {
  it('tells SYN, FIN and RST again only at another place of the stream', () => {
    expect(play('> S 0\n> S 0\n< S. 0 1\n< S. 0 1\n> . 1 1').history).toBe('ShA');
    expect(play(`${HANDSHAKE}\n> F. 1 1\n> F. 1 1\n> F. 9 1`).history).toBe('ShAFF');
    expect(play(`${HANDSHAKE}\n> R 1\n> R 1\n> R 9`).history).toBe('ShARR');
    // The place of a FIN is behind its data.
    expect(play(`${HANDSHAKE}\n> P. 1 1 +8\n> F. 9 1\n> FP. 1 1 +8`).history).toBe('ShADFT');
  });

  it('tells a SYN after the close, because nothing starts anew then', () => {
    expect(play(`${HANDSHAKE}\n> F. 1 1\n< F. 1 2\n> S 5000`).history).toBe('ShAFfS');
  });

  it('tells data and plain acknowledgements once a side', () => {
    expect(play(`${TALK}\n${TALK.replace(HANDSHAKE, '')}`).history).toBe('ShAdDatT');
  });

  it('tells combinations of SYN, FIN and RST once a side', () => {
    expect(play('> SF 0\n> SF 0\n> SR 0').history).toBe('Q');
    expect(play(`${HANDSHAKE}\n< FR. 1 1\n< FR. 1 1`).history).toBe('ShAi');
    expect(play('> SFR 0').history).toBe('I');
  });

  it('tells the 1st, 10th and 100th retransmission', () => {
    const repeat = (count: number): string => play(`${TALK}${'\n> P. 1 21 +30'.repeat(count)}`).history;
    expect(repeat(1)).toBe('ShAdDaT');
    expect(repeat(9)).toBe('ShAdDaT');
    expect(repeat(10)).toBe('ShAdDaTT');
    expect(repeat(99)).toBe('ShAdDaTT');
    expect(repeat(100)).toBe('ShAdDaTTT');
  });

  it('tells keep-alive probes with a byte as retransmissions and those without as nothing', () => {
    expect(play(`${TALK}\n> . 30 21 +1`).history).toBe('ShAdDaT');
    expect(play(`${TALK}\n> . 30 21`).history).toBe('ShAdDa');
  });

  it('tells payload in a SYN (TCP Fast Open) as a retransmission, as Zeek does', () => {
    const state = play('> S 0 +10\n< S. 0 11\n> . 11 1');
    expect(summary(state)).toBe('S1 SThA');
    expect(bytes(state)).toEqual([10, 0]);
  });

  it('does not tell data after the own reset as retransmitted', () => {
    expect(play(`${TALK}\n> R 31\n> P. 1 21 +30`).history).toBe('ShAdDaR');
  });

  it('tells zero windows but not of resets, after the own reset or after the FIN of the peer', () => {
    expect(play(`${TALK}\n< . 21 31 w0\n< . 21 31 w0`).history).toBe('ShAdDaw');
    expect(play('> S 0\n< R. 0 1 w0').history).toBe('Sr');
    expect(play(`${TALK}\n> R 31 w0\n> . 31 21 w0`).history).toBe('ShAdDaR');
    expect(play(`${TALK}\n> F. 31 21\n< . 21 32 w0`).history).toBe('ShAdDaF');
    expect(play(`${TALK}\n> F. 31 21\n> . 32 21 w0`).history).toBe('ShAdDaFW');
    expect(play(`${TALK}${'\n< . 21 31 w0'.repeat(10)}`).history).toBe('ShAdDaww');
  });

  it('tells wrong checksums and takes nothing else from them', () => {
    const state = play(HANDSHAKE);
    for (let i = 0; i < 10; i++) state.badChecksum(1);
    state.badChecksum(0);
    expect(summary(state)).toBe('S1 ShAccC');
    expect(bytes(state)).toEqual([0, 0]);
  });

  it('tells that the roles were turned when the first segment is the server’s and no SYN', () => {
    expect(play('< P. 1 1 +20\n> . 1 21').history).toBe('^dA');
    expect(play('< S. 0 1\n> . 1 1').history).toBe('^hA');
    expect(play('< R 1').history).toBe('^r');
    expect(play('< S 0').history).toBe('s');
  });

  it('ends after 200 letters, which only SYN, FIN and RST at ever new places reach', () => {
    let dialogue = HANDSHAKE;
    for (let i = 1; i <= 300; i++) dialogue += `\n> R ${i}`;
    expect(play(dialogue).history).toBe(`ShA${'R'.repeat(197)}`);
  });
});

describe('content gaps', () => {
  it('are told when the peer acknowledges bytes that were not seen', () => {
    expect(play(`${HANDSHAKE}\n> P. 11 1 +10\n< . 1 21`).history).toBe('ShADaG');
    expect(play(`${HANDSHAKE}\n< . 1 21`).history).toBe('ShAaG');
    expect(play(`${HANDSHAKE}\n> . 1 9`).history).toBe('ShAg');
  });

  it('are not told while the bytes may still come', () => {
    expect(play(`${HANDSHAKE}\n> P. 11 1 +10\n< . 1 1\n> P. 1 1 +10\n< . 1 21`).history).toBe('ShADaT');
  });

  it('are told even when the bytes come after their acknowledgement', () => {
    expect(play(`${HANDSHAKE}\n> P. 11 1 +10\n< . 1 21\n> P. 1 1 +10`).history).toBe('ShADaGT');
  });

  it('count once a hole', () => {
    let dialogue = HANDSHAKE;
    for (let i = 0; i < 10; i++) dialogue += `\n> P. ${11 + 20 * i} 1 +10`;
    expect(play(`${dialogue}\n< . 1 161`).history).toBe('ShADaG');
    expect(play(`${dialogue}\n< . 1 201`).history).toBe('ShADaGG');
  });

  it('take a cut payload for missing', () => {
    expect(play(`${HANDSHAKE}\n> P. 1 1 +10 cut\n< . 1 11`).history).toBe('ShADaG');
    expect(play(`${HANDSHAKE}\n> P. 1 1 +10 cut\n> P. 1 1 +10\n< . 1 11`).history).toBe('ShADTa');
  });

  it('do not take a FIN for missing', () => {
    expect(play(`${TALK}\n> F. 31 21\n< . 21 32\n< F. 21 32\n> . 32 22`).history).toBe('ShAdDaFf');
    expect(play(`${TALK}\n> F. 41 21\n< . 21 42`).history).toBe('ShAdDaFG');
  });

  it('are not told without both handshake packets, nor when a reset reveals them', () => {
    expect(play('> P. 100 200 +10\n< . 200 120').history).toBe('Da');
    expect(play(`${TALK}\n< R. 21 99`).history).toBe('ShAdDar');
  });

  it('are not looked for any more behind 16 KiB above a hole when nothing was ever acknowledged', () => {
    const ahead = `${HANDSHAKE}\n> P. 2 1 +9000\n> P. 9002 1 +9000`;
    expect(play(`${ahead}\n< . 1 18002`).history).toBe('ShADa');
    expect(play(`${HANDSHAKE}\n> P. 2 1 +9000\n< . 1 9002`).history).toBe('ShADaG');
  });

  it('are the holes between the bytes that came and what was acknowledged, whatever the order', () => {
    const step = fc.oneof(
      fc.record({ at: fc.integer({ min: 0, max: 200 }), length: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ upTo: fc.integer({ min: 0, max: 260 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = play(HANDSHAKE);
        // Obviously right and slow: a set of bytes, and everything below `known` is settled.
        const seen = new Set<number>();
        let known = 0;
        let gaps = 0;
        for (const one of steps) {
          if ('upTo' in one) {
            state.segment(1, ACK, (SERVER_START + 1) | 0, (CLIENT_START + 1 + one.upTo) | 0, 0, 500);
            while (seen.has(known)) known++;
            while (known < one.upTo) {
              gaps++;
              while (known < one.upTo && !seen.has(known)) known++;
              while (seen.has(known)) known++;
            }
          } else {
            const { at, length } = one;
            state.segment(0, ACK, (CLIENT_START + 1 + at) | 0, (SERVER_START + 1) | 0, length, 500);
            for (let i = at; i < at + length; i++) seen.add(i);
          }
        }
        const told = gaps === 0 ? 0 : gaps < 10 ? 1 : gaps < 100 ? 2 : 3;
        expect(state.history.replace(/[^G]/g, '').length).toBe(told);
      }),
    );
  });
});

describe('sizes', () => {
  it('come from the sequence numbers, also of bytes that were not seen', () => {
    expect(bytes(play(`${HANDSHAKE}\n> P. 5001 1 +10\n< . 1 5011`))).toEqual([5010, 0]);
    expect(bytes(play(`${HANDSHAKE}\n< . 1 701`))).toEqual([700, 0]);
  });

  it('go beyond 4 GiB', () => {
    const state = play(HANDSHAKE);
    const chunk = 1 << 28;
    for (let i = 1; i <= 40; i++) {
      state.segment(0, ACK, (CLIENT_START + 1 + Math.imul(i - 1, chunk)) | 0, SERVER_START + 1, chunk, 500);
      state.segment(1, ACK, SERVER_START + 1, (CLIENT_START + 1 + Math.imul(i, chunk)) | 0, 0, 500);
    }
    expect(bytes(state)).toEqual([40 * chunk, 0]);
    expect(state.history).toBe('ShADa');
  });

  it('believe a FIN more than 2 GiB behind a SYN when nothing else was seen', () => {
    const state = play(HANDSHAKE);
    state.segment(0, FIN | ACK, (CLIENT_START + 1 + 3e9) | 0, SERVER_START + 1, 0, 500);
    expect(state.originBytes).toBe(3e9);
  });

  it('do not believe a reset that is far away', () => {
    const state = play(TALK);
    state.segment(0, RST, (CLIENT_START + 31 + 5e7) | 0, 0, 0, 0);
    expect(summary(state)).toBe('RSTO ShAdDaR');
    expect(state.originBytes).toBe(30);
  });

  it('are 0 for a half-open connection that was found and aborted', () => {
    const state = play('> S 0\n< . 500 900000');
    expect(state.originBytes).toBe(899999);
    state.segment(0, RST, (CLIENT_START + 900000) | 0, 0, 0, 0);
    expect(bytes(state)).toEqual([0, 0]);
  });

  it('start anew at a SYN with another number', () => {
    const state = play(`${HANDSHAKE}\n< S. 70000 1\n> . 1 70001\n< P. 70001 1 +20`);
    expect(bytes(state)).toEqual([0, 20]);
  });
});

it('takes any segments, always gives one of the known states and letters, and is as new after a reset', () => {
  const any = fc.tuple(
    fc.constantFrom(0 as const, 1 as const),
    fc.integer({ min: 0, max: 255 }),
    fc.oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })),
    fc.oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })),
    fc.integer({ min: 0, max: 65535 }),
    fc.constantFrom(0, 1, 65535),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 400 }), (segments) => {
      const state = new ZeekState();
      const unused = structuredClone(state);
      for (const [side, flags, sequence, acknowledgement, length, window] of segments) {
        state.segment(side, flags, sequence, acknowledgement, length, window);
      }
      expect(state.connState).toMatch(/^(S[0123FH]|REJ|RST(O|R|OS0|RH)|SHR|OTH)$/);
      expect(state.history).toMatch(/^[SHFRDAIQCWTGshfrdaiqcwtg^]{0,200}$/);
      for (const size of bytes(state)) {
        if (size !== undefined) expect(size).toBeGreaterThanOrEqual(0);
      }
      state.reset();
      expect(structuredClone(state)).toEqual(unused);
    }),
  );
});
