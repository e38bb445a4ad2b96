import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { kexInit, NEWKEYS, packet, reply } from '../ssh/wire.ts';
import { CLIENT_LINE, identified, loggedIn, Scene, SERVER_LINE } from './scene.ts';

const verdict = ({ fate, stage, ending, endedBy }: SessionRecord) => ({ fate, stage, ending, endedBy });

describe('the handshake', () => {
  it('without an answer to repeated SYNs is no-syn-ack', () => {
    const record = new Scene().syn().wait(1000).syn({ ipId: 2 }).wait(2000).end();
    expect(verdict(record)).toEqual({
      fate: 'no-syn-ack',
      stage: 'syn',
      ending: 'silence',
      endedBy: 'nobody',
    });
    expect(record.tcp.synRetransmissions).toBe(1);
  });

  it('is open when the capture ends right after the first SYN, and no-syn-ack when it goes on long enough', () => {
    expect(new Scene().syn().wait(3000).end().fate).toBe('open');
    expect(new Scene().syn().wait(16_000).end().fate).toBe('no-syn-ack');
  });

  it('refused is rst-after-syn, by the server', () => {
    const record = new Scene().syn().rst('server', { sequence: 0, acknowledgement: 1001 }).end();
    expect(verdict(record)).toEqual({
      fate: 'rst-after-syn',
      stage: 'syn',
      ending: 'rst',
      endedBy: 'server',
    });
  });

  it('taken back is syn-abandoned, by the client', () => {
    const record = new Scene().syn().rst('client', { flags: 'R' }).end();
    expect(verdict(record)).toMatchObject({ fate: 'syn-abandoned', endedBy: 'client' });
  });

  it('of two that asked at once stands with the SYN-ACKs of both', () => {
    const asking = new Scene().syn().segment({ from: 'server', flags: 'S', sequence: 5000 });
    const answered = asking
      .synAck()
      .segment({ from: 'client', flags: 'S.', sequence: 1000, acknowledgement: 5001 });
    const record = answered.wait(20_000).end();
    // Whatever came after it is not in a capture of SYNs alone.
    expect(verdict(record)).toMatchObject({ fate: 'undetermined', stage: 'tcp' });
    expect(record.cause).toBeUndefined();
  });

  it('whose SYN-ACK is repeated and never acknowledged is syn-ack-unanswered', () => {
    const record = new Scene().syn().synAck().wait(1000).synAck().wait(2000).synAck().end();
    expect(record.fate).toBe('syn-ack-unanswered');
  });

  it('scanned half open is rst-after-syn-ack, by the client', () => {
    const record = new Scene().syn().synAck().rst('client', { flags: 'R' }).end();
    expect(verdict(record)).toMatchObject({ fate: 'rst-after-syn-ack', stage: 'syn-ack', endedBy: 'client' });
  });

  it('closed without the last ACK is closed-half-open', () => {
    const record = new Scene().syn().synAck().wait(1000).synAck().wait(1000).fin('server').end();
    expect(record.fate).toBe('closed-half-open');
  });

  it('refused by ICMP is icmp-after-syn, by the path', () => {
    const record = new Scene().syn().icmp('client', 3, 13).end();
    expect(verdict(record)).toEqual({
      fate: 'icmp-after-syn',
      stage: 'syn',
      ending: 'icmp',
      endedBy: 'path',
    });
    expect(record.cause).toMatchObject({ id: 'icmp-admin-prohibited', confidence: 'certain' });
  });

  it('that goes on after an ICMP error is not ended by it', () => {
    expect(new Scene().syn().icmp('client', 3, 1).synAck().says('client', '').end().fate).toBe('open');
  });
});

describe('the stage', () => {
  it('before the identification string of the server is tcp', () => {
    const record = new Scene().connect().says('client', CLIENT_LINE).says('server', '').fin('server').end();
    expect(verdict(record)).toMatchObject({ fate: 'fin-before-banner', stage: 'tcp', endedBy: 'server' });
  });

  it('is what the closer had received: an identification string that crosses its FIN does not count', () => {
    const scene = new Scene().connect().says('server', SERVER_LINE).fin('client', 0);
    expect(verdict(scene.end())).toMatchObject({
      fate: 'fin-before-banner',
      stage: 'tcp',
      endedBy: 'client',
    });
    const received = new Scene().connect().says('server', SERVER_LINE).fin('client');
    expect(verdict(received.end())).toMatchObject({ fate: 'fin-after-banner', stage: 'banner' });
  });

  it('of a KEXINIT that crosses the server’s FIN stays banner, whichever the capture shows first', () => {
    const acked = CLIENT_LINE.length;
    const atServer = identified().fin('server', acked).says('client', kexInit(), SERVER_LINE.length);
    const atClient = identified().says('client', kexInit(), SERVER_LINE.length).fin('server', acked);
    for (const scene of [atServer, atClient]) {
      expect(verdict(scene.end())).toMatchObject({
        fate: 'fin-after-banner',
        stage: 'banner',
        endedBy: 'server',
      });
    }
  });

  it('with a KEXINIT is kex, and auth with NEWKEYS of both', () => {
    const exchange = identified()
      .says('client', kexInit())
      .says('server', kexInit())
      .says('client', packet(30, Buffer.alloc(36)))
      .says('server', Buffer.concat([reply(), NEWKEYS]));
    expect(exchange.fin('client').end()).toMatchObject({ fate: 'close-during-kex', stage: 'kex' });
    const keyed = identified()
      .says('client', kexInit())
      .says('server', kexInit())
      .says('client', packet(30, Buffer.alloc(36)))
      .says('server', Buffer.concat([reply(), NEWKEYS]))
      .says('client', NEWKEYS);
    expect(keyed.fin('client').end()).toMatchObject({
      fate: 'close-during-auth',
      stage: 'auth',
      certainty: 'inferred',
    });
  });

  it('of a capture that joined midway is unknown', () => {
    const record = new Scene()
      .says('client', 'x'.repeat(36))
      .says('server', 'y'.repeat(44))
      .fin('client')
      .end();
    expect(verdict(record)).toMatchObject({ fate: 'closed-midway', stage: 'unknown' });
  });
});

describe('who ended it', () => {
  const mismatch = () =>
    identified()
      .says('client', kexInit({ kex: 'curve25519-sha256' }))
      .says('server', kexInit({ kex: 'ecdh-sha2-nistp256' }));

  it('are both when each closed before it had received the other close', () => {
    const server = SERVER_LINE.length + kexInit({ kex: 'ecdh-sha2-nistp256' }).length;
    const client = CLIENT_LINE.length + kexInit({ kex: 'curve25519-sha256' }).length;
    const record = mismatch().fin('client', server).fin('server', client).end();
    expect(verdict(record)).toMatchObject({ fate: 'close-during-kex', endedBy: 'both' });
    expect(record.cause).toMatchObject({ id: 'no-common-kex', confidence: 'certain' });
  });

  it('is the first when the second answers it', () => {
    expect(mismatch().fin('server').fin('client').end().endedBy).toBe('server');
  });

  it('is the side whose FIN came first, not the one whose RST echoes data sent after it', () => {
    const scene = new Scene().connect().says('server', 'Exceeded MaxStartups\r\n').fin('server');
    const record = scene.says('client', CLIENT_LINE).rst('server', { flags: 'R' }).end();
    expect(verdict(record)).toMatchObject({ fate: 'fin-before-banner', ending: 'fin', endedBy: 'server' });
    expect(record.cause?.id).toBe('max-startups');
  });

  it('is the path when the server goes on after "its" reset', () => {
    const scene = new Scene().connect().says('client', CLIENT_LINE).rst('server');
    expect(scene.says('server', SERVER_LINE).end()).toMatchObject({ endedBy: 'path', ending: 'rst' });
  });

  it('is only inferred from a reset without an acknowledgement', () => {
    const record = identified().says('client', kexInit()).rst('server', { flags: 'R' }).end();
    expect(record).toMatchObject({ fate: 'close-during-kex', certainty: 'inferred' });
  });
});

describe('silence', () => {
  it('is stalled when the answer is awaited for too long', () => {
    const record = new Scene().connect().says('client', CLIENT_LINE).says('server', '').wait(20_000).end();
    expect(verdict(record)).toMatchObject({ fate: 'stalled-before-banner', endedBy: 'nobody' });
    expect(record.observed.owed).toMatchObject({ by: 'server', what: 'identification string' });
  });

  it('is stalled at once when repeated data is never acknowledged', () => {
    const scene = identified().says('client', kexInit());
    const record = scene.wait(300).repeats('client', kexInit()).wait(600).repeats('client', kexInit()).end();
    expect(record.fate).toBe('stalled-during-kex');
  });

  it('is none while nothing is owed', () => {
    const keyed = identified()
      .says('client', kexInit())
      .says('server', kexInit())
      .says('client', packet(30, Buffer.alloc(36)))
      .says('server', Buffer.concat([reply(), NEWKEYS]))
      .says('client', NEWKEYS)
      .says('server', '');
    expect(keyed.wait(60_000).end().fate).toBe('open');
  });
});

describe('what the capture does not hold', () => {
  it('is not what the path lost: the receiver asked for it still when it had seen what came after', () => {
    const holed = identified();
    const sequence = 1001 + CLIENT_LINE.length + 1448;
    holed.segment({
      from: 'client',
      flags: 'P.',
      sequence,
      acknowledgement: 5001 + SERVER_LINE.length,
      data: 'z',
    });
    const record = holed.says('server', '').wait(20_000).end();
    expect(record).toMatchObject({ fate: 'stalled-after-banner', endedBy: 'nobody' });
  });

  it('makes the fate undetermined when it could have decided', () => {
    const scene = new Scene().connect().segment({
      from: 'server',
      flags: 'P.',
      sequence: 5001,
      acknowledgement: 1001,
      data: 'SSH-2',
      length: 30,
    });
    const record = scene
      .segment({ from: 'client', flags: 'F.', sequence: 1001, acknowledgement: 5031 })
      .end();
    expect(record).toMatchObject({ fate: 'undetermined', ending: 'fin', endedBy: 'client' });
    expect(record.reason).toContain('snap length');
  });

  it('decides nothing when the client had closed before it came', () => {
    const scene = new Scene().connect().segment({
      ...({ from: 'server', flags: 'P.', sequence: 5001, acknowledgement: 1001 } as const),
      ...{ data: 'SSH-2', length: 30 },
    });
    const leaves = { from: 'client', flags: 'F.', sequence: 1001, acknowledgement: 5001 } as const;
    const record = scene.segment(leaves).end();
    expect(record).toMatchObject({ fate: 'fin-before-banner', certainty: 'observed', endedBy: 'client' });
    expect(record.cause?.id).toBe('scan');
  });

  it('is said of one direction when only that was captured', () => {
    const scene = new Scene().syn();
    scene.segment({ from: 'client', flags: 'P.', sequence: 1001, acknowledgement: 5001, data: CLIENT_LINE });
    const record = scene
      .segment({ from: 'client', flags: 'F.', sequence: 1001 + CLIENT_LINE.length, acknowledgement: 5200 })
      .end();
    expect(record).toMatchObject({ fate: 'undetermined', observed: { oneDirection: 'client-to-server' } });
  });

  it('does not matter when it comes after what decides', () => {
    const record = new Scene().connect().says('client', CLIENT_LINE).says('server', '').fin('server').end();
    expect(record.fate).toBe('fin-before-banner');
  });
});

describe('what a TCP would not heed', () => {
  it('does not end a session: a reset far outside the window', () => {
    const record = identified()
      .rst('server', { sequence: 5001 + 1_000_000 })
      .says('client', 'x')
      .fin('client')
      .end();
    expect(record).toMatchObject({ fate: 'fin-after-banner', endedBy: 'client' });
    expect(record.anomalies.map((anomaly) => anomaly.code)).toContain('reset-out-of-window');
  });

  it('does not end a session: a FIN of an older connection', () => {
    const old = { from: 'server', flags: 'F.', sequence: 5001 + 2_000_000, acknowledgement: 1001 } as const;
    const record = identified().segment(old).fin('client').end();
    expect(record).toMatchObject({ fate: 'fin-after-banner', endedBy: 'client', bytes: { missed: 0 } });
    expect(record.anomalies.map((anomaly) => anomaly.code)).toContain('fin-out-of-window');
  });

  it('does not refuse a SYN: a reset that acknowledges nothing', () => {
    const record = new Scene()
      .syn()
      .rst('server', { flags: 'R', sequence: 77_777 })
      .synAck()
      .says('client', '')
      .end();
    expect(record.fate).toBe('open');
  });

  it('is taken back when the client asks again and is let in', () => {
    const refusal = { sequence: 0, acknowledgement: 1001 };
    const scene = new Scene()
      .syn()
      .rst('server', refusal)
      .wait(500)
      .syn({ ipId: 9 })
      .synAck()
      .says('client', '');
    const record = scene.says('server', SERVER_LINE).fin('client').end();
    expect(record).toMatchObject({ fate: 'fin-after-banner', endedBy: 'client' });
  });

  it('says nothing of now: an ICMP error about what was received long ago', () => {
    const record = identified().says('client', '').says('server', '').icmp('client', 3, 3).end();
    expect(record.fate).toBe('open');
    expect(record.anomalies.map((anomaly) => anomaly.code)).toContain('icmp-out-of-window');
  });
});

describe('probes', () => {
  it('that keep a connection alive and are never answered are silence', () => {
    const scene = identified().says('client', '').says('server', '');
    const probe = {
      from: 'client',
      flags: '.',
      sequence: 1001 + CLIENT_LINE.length - 1,
      acknowledgement: 5001,
    } as const;
    for (let i = 0; i < 4; i++) scene.wait(2000).segment({ ...probe, ipId: 100 + i });
    expect(scene.end().fate).toBe('stalled-after-banner');
  });

  it('of a closed window that are answered are no loss', () => {
    const scene = identified().says('client', '', SERVER_LINE.length);
    const full = { from: 'client', flags: '.', sequence: 1001 + CLIENT_LINE.length, window: 0 } as const;
    const acknowledgement = 5001 + SERVER_LINE.length;
    scene.segment({ ...full, acknowledgement }).says('server', 'x');
    for (let i = 0; i < 4; i++)
      scene
        .wait(500)
        .repeats('server', 'x')
        .segment({ ...full, acknowledgement });
    expect(scene.end().fate).toBe('open');
  });
});

describe('packets that the capture dropped', () => {
  const missing = (record: SessionRecord) => [record.fate, record.observed.missing];

  it('may have ended a session that seems to go on', () => {
    expect(missing(identified().drops().wait(100).end())).toEqual(['undetermined', 'capture-drops']);
    // It was heard of after them.
    const heard = identified().drops().wait(100).says('client', kexInit());
    expect(missing(heard.end())).toEqual(['open', undefined]);
  });

  it('may have begun a session that seems to be older than the capture', () => {
    const tail = (scene: Scene) => scene.says('client', 'x').says('server', 'y').fin('client').fin('server');
    expect(missing(tail(new Scene().drops().wait(500)).end())).toEqual(['undetermined', 'capture-drops']);
    expect(missing(tail(new Scene().drops().wait(5000)).end())).toEqual(['closed-midway', undefined]);
    // What was dropped later was not its beginning.
    const old = new Scene().says('client', 'x').wait(5000).drops().wait(5000).says('server', 'y');
    expect(missing(old.fin('client').fin('server').end())).toEqual(['closed-midway', undefined]);
  });

  it('may have been the SYN: the SYN-ACK tells where the client begins', () => {
    const scene = new Scene().synAck().says('client', '').says('server', SERVER_LINE);
    const record = scene.says('client', 'GET / HTTP/1.1\r\n\r\n').fin('server').fin('client').end();
    expect(record.client.foreign?.protocol).toBe('http');
    expect(missing(record)).toEqual(['fin-after-banner', undefined]);
  });

  it('may have been the SYN-ACK and the first word: the second is not another protocol', () => {
    const scene = new Scene()
      .syn()
      .loses('server', SERVER_LINE.length)
      .loses('client', CLIENT_LINE.length)
      .says('client', '')
      .says('server', kexInit())
      .fin('client')
      .fin('server');
    expect(missing(scene.end())).toEqual(['undetermined', 'midway']);
  });

  it('may have been all that the server said before it closed', () => {
    const scene = new Scene()
      .syn()
      .loses('server', SERVER_LINE.length)
      .loses('client', CLIENT_LINE.length)
      .fin('client')
      .fin('server');
    expect(scene.end().fate).toBe('undetermined');
  });

  it('were not the first word where it is a protocol that is known', () => {
    const http = 'HTTP/1.1 400 Bad Request\r\n\r\n';
    const scene = new Scene().syn().says('client', CLIENT_LINE).says('server', http).fin('server');
    expect(scene.end().fate).toBe('not-ssh');
  });
});

describe('a reset of the server in a session', () => {
  it('is the server’s, whatever the client says after it: what asks to leave came too late', () => {
    const bytes = (length: number) => Buffer.alloc(length, 0xa5);
    const used = () => {
      const scene = loggedIn();
      for (const length of [52, 36]) scene.says('client', bytes(length)).says('server', bytes(length));
      return scene;
    };
    // Of the length of an OpenSSH client's disconnect message.
    const early = used().says('client', bytes(60)).rst('server').end();
    expect(early.endedBy).toBe('client');
    // As where a capture sees more of the client than the reset did.
    const late = used().rst('server').wait(1000).says('client', bytes(60)).fin('client').end();
    expect(late).toMatchObject({ fate: 'reset-in-session', endedBy: 'server' });
  });
});

describe('a capture of nothing but SYN, FIN and RST', () => {
  const judged = ({ fate, stage, endedBy, observed }: SessionRecord) => [
    fate,
    stage,
    endedBy,
    observed.missing,
  ];
  const unseen = () =>
    new Scene().syn().synAck().loses('client', CLIENT_LINE.length).loses('server', SERVER_LINE.length);
  const HUGE = 0x6000_0000;

  it('does not tell how far a session had come whose closes count bytes', () => {
    expect(judged(unseen().fin('server').fin('client').end())).toEqual([
      'undetermined',
      'tcp',
      'server',
      'filter',
    ]);
    expect(judged(unseen().rst('server').end())).toEqual(['undetermined', 'tcp', 'server', 'filter']);
    const bare = { flags: 'R', acknowledgement: 0 };
    expect(judged(unseen().rst('server', bare).end())).toEqual(['undetermined', 'tcp', 'server', 'filter']);
    // What the client had received its reset does not say.
    expect(judged(unseen().rst('client', bare).end())).toEqual(['undetermined', 'tcp', 'client', 'filter']);
  });

  it('tells a server that had said nothing by the numbers of a close', () => {
    const silent = () => new Scene().syn().synAck().loses('client', CLIENT_LINE.length);
    expect(judged(silent().wait(2000).fin('client').end())).toEqual([
      'fin-before-banner',
      'tcp',
      'client',
      undefined,
    ]);
    expect(silent().wait(20).fin('client').end().cause?.id).toBeUndefined();
    expect(judged(silent().rst('server').end())).toEqual(['rst-before-banner', 'tcp', 'server', undefined]);
    expect(judged(new Scene().syn().synAck().fin('server').end())[0]).toBe('fin-before-banner');
  });

  it('does not take a close for the ACK of the SYN-ACK, whose time nobody knows', () => {
    const record = unseen().wait(60_000).fin('client').fin('server').end();
    expect(record.tcp.rttMs).toBeUndefined();
    expect(record.timing.connectMs).toBeUndefined();
    expect(record.timeline.map(({ what }) => what)).toEqual(['SYN', 'SYN-ACK', 'FIN', 'FIN']);
    const silent = new Scene().syn().synAck().fin('client').fin('server').end();
    expect(judged(silent)).toEqual(['fin-before-banner', 'tcp', 'client', undefined]);
    expect(silent.cause).toBeUndefined();
  });

  it('tells by the IP identification of a reset whether the SYN-ACK was acknowledged before', () => {
    const reset = (ipId: number) => new Scene().syn({ ipId: 700 }).synAck().rst('client', { ipId }).end();
    expect(judged(reset(701))).toEqual(['rst-after-syn-ack', 'syn-ack', 'client', undefined]);
    expect(judged(reset(702))).toEqual(['rst-before-banner', 'tcp', 'client', undefined]);
    expect(reset(702).cause).toBeUndefined();
    // No count: not of a socket, or at random.
    for (const ipId of [0, 9000]) expect(reset(ipId).fate).toBe('rst-after-syn-ack');
  });

  it('closes sessions of whatever length', () => {
    const long = () => unseen().loses('server', HUGE);
    expect(judged(long().fin('client').fin('server').end())[0]).toBe('undetermined');
    expect(judged(long().fin('server').fin('client').end())[0]).toBe('undetermined');
    expect(judged(long().rst('server').end())[0]).toBe('undetermined');
  });

  it('does not tell that the SYN-ACK was not acknowledged, unless it was repeated', () => {
    expect(judged(new Scene().syn().synAck().wait(60_000).end())).toEqual([
      'undetermined',
      'syn-ack',
      'nobody',
      'filter',
    ]);
    expect(new Scene().syn().synAck().wait(5000).end().fate).toBe('open');
    expect(new Scene().syn().synAck().wait(1000).synAck().wait(60_000).end().fate).toBe('syn-ack-unanswered');
  });

  it('is not what holds a forged reset far from the numbers of its side', () => {
    const forged = { flags: 'R', sequence: 0x4000_0000, acknowledgement: 0 };
    const ignored = new Scene()
      .syn()
      .synAck()
      .rst('server', forged)
      .says('client', '')
      .says('server', SERVER_LINE)
      .says('client', CLIENT_LINE)
      .fin('client')
      .fin('server')
      .end();
    expect(judged(ignored)).toEqual(['fin-after-banner', 'banner', 'client', undefined]);
    const asking = new Scene().syn().synAck().rst('server', forged).wait(1000).synAck().wait(60_000).end();
    expect(asking.fate).toBe('syn-ack-unanswered');
  });

  it('has one session, though its end comes hours later', () => {
    const record = unseen().wait(7_200_000).fin('client').fin('server').end();
    expect(judged(record)).toEqual(['undetermined', 'tcp', 'client', 'filter']);
  });
});

describe('a client of which the capture holds no byte', () => {
  it('had spoken before the capture began, and how far it had come is not known', () => {
    const joined = () => new Scene().loses('client', CLIENT_LINE.length).says('server', SERVER_LINE);
    const judged = ({ fate, cause, observed }: SessionRecord) => [fate, cause?.id, observed.missing];
    expect(judged(joined().says('client', '').fin('client').end())).toEqual([
      'undetermined',
      undefined,
      'midway',
    ]);
    const server = joined().says('server', kexInit()).says('client', '').fin('server').end();
    expect(judged(server)).toEqual(['undetermined', undefined, 'midway']);
  });

  it('had got a SYN-ACK that is not there, where its reset acknowledges it', () => {
    const record = new Scene().syn().rst('client').end();
    expect(record).toMatchObject({ fate: 'undetermined', observed: { oneDirection: 'client-to-server' } });
    expect(new Scene().syn().rst('client', { flags: 'R' }).end().fate).toBe('syn-abandoned');
  });
});
