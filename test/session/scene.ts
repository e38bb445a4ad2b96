import { clientMessage } from '../../src/diagnosis/client-message.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { nextCapture } from '../../src/diagnosis/next-capture.ts';
import { classifyFate } from '../../src/fate/classify.ts';
import { Clock } from '../../src/session/clock.ts';
import { observe } from '../../src/session/observe.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { Session } from '../../src/session/session.ts';
import { Surroundings } from '../../src/session/surroundings.ts';
import { Conversation } from '../../src/ssh/conversation.ts';
import { Tracker } from '../../src/tcp/tracker.ts';
import { IcmpError } from '../../src/wire/segment.ts';
import { kexInit, NEWKEYS, packet, reply } from '../ssh/wire.ts';
import { CLIENT_ADDRESS, SERVER_ADDRESS, type SegmentSpec, segmentOf } from '../tcp/dialogue.ts';

type Side = 'client' | 'server';

const CLIENT_ISN = 1000;
const SERVER_ISN = 5000;
const ROUTER_ADDRESS = 0x0a0000fe;

/**
 * A session told as a dialogue: each call is one segment with the sequence and acknowledgement numbers that a TCP
 * would use. `ackOf` lets a side acknowledge less than was sent, as when packets cross.
 */
export class Scene {
  private readonly tracker: Tracker;
  private readonly records: SessionRecord[] = [];
  private readonly sent = { client: 0, server: 0 };
  private readonly trafficClass = { client: 0, server: 0 };
  private packets = 0;
  private nowMs = 0;
  private readonly silenceNs = 15e9;
  private dropsMs: number | undefined;

  constructor() {
    this.tracker = new Tracker({
      ports: [22],
      anyPort: false,
      conversation: () => new Conversation(),
      onEnd: (connection) => {
        const facts = observe(connection, {
          untilNs: this.nowMs * 1e6,
          silenceNs: this.silenceNs,
          onlyControls: this.tracker.onlyControls,
          lostBetween: (fromNs, toNs) =>
            this.dropsMs !== undefined && fromNs <= this.dropsMs * 1e6 && toNs >= this.dropsMs * 1e6,
        });
        const session = new Session(connection, facts, classifyFate(facts), {
          captureName: 'scene',
          clock: new Clock(0n, 6),
          diagnosis: { causes: diagnose, clientMessage, nextCapture },
          surroundings: new Surroundings(new Map()),
        });
        this.records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
      },
    });
  }

  /** Capture time goes on without a packet of this session. */
  wait(milliseconds: number): this {
    this.nowMs += milliseconds;
    return this;
  }

  segment(spec: SegmentSpec): this {
    this.nowMs += 1;
    this.packets++;
    this.tracker.segment(
      segmentOf({ atMs: this.nowMs, trafficClass: this.trafficClass[spec.from], ...spec }, this.packets),
    );
    return this;
  }

  syn(rest: Partial<SegmentSpec> = {}): this {
    return this.segment({ from: 'client', flags: 'S', sequence: CLIENT_ISN, ...rest });
  }

  synAck(rest: Partial<SegmentSpec> = {}): this {
    const acknowledgement = CLIENT_ISN + 1;
    return this.segment({ from: 'server', flags: 'S.', sequence: SERVER_ISN, acknowledgement, ...rest });
  }

  connect(): this {
    return this.syn().synAck().says('client', '');
  }

  /** Data, or with none a bare ACK. `ackOf`: bytes of the other side that it has received. */
  says(from: Side, data: string | Uint8Array, ackOf?: number): this {
    const length = data.length;
    this.segment({ ...this.numbers(from, ackOf), flags: length > 0 ? 'P.' : '.', data });
    this.sent[from] += length;
    return this;
  }

  /** The last `data` once more, or with `behind` what was sent before so many bytes; `unheard` of the other side. */
  repeats(from: Side, data: string | Uint8Array, behind = 0, unheard = 0): this {
    const { sequence, acknowledgement } = this.numbers(from);
    return this.segment({
      from,
      sequence: sequence - behind - data.length,
      acknowledgement: (acknowledgement ?? 0) - unheard,
      flags: 'P.',
      data,
    });
  }

  /** A keep-alive probe: no data, one number before the next (RFC 9293 §3.8.4). */
  probes(from: Side): this {
    const numbers = this.numbers(from);
    return this.segment({ ...numbers, sequence: numbers.sequence - 1, flags: '.' });
  }

  fin(from: Side, ackOf?: number): this {
    this.segment({ ...this.numbers(from, ackOf), flags: 'F.' });
    this.sent[from] += 1;
    return this;
  }

  rst(from: Side, rest: Partial<SegmentSpec> = {}): this {
    return this.segment({ ...this.numbers(from), flags: 'R.', ...rest });
  }

  /** An ICMP error about the side's packets, of a router when nothing else is said. */
  icmp(
    about: Side,
    type: number,
    code: number,
    reporter = ROUTER_ADDRESS,
    rest: Partial<IcmpError> = {},
  ): this {
    this.nowMs += 1;
    this.packets++;
    const error = new IcmpError();
    const fromClient = about === 'client';
    Object.assign(error, {
      packetNumber: this.packets,
      timeNs: this.nowMs * 1e6,
      type,
      code,
      reporter0: reporter,
      hopLimit: 64,
      source0: fromClient ? CLIENT_ADDRESS : SERVER_ADDRESS,
      destination0: fromClient ? SERVER_ADDRESS : CLIENT_ADDRESS,
      sourcePort: fromClient ? 40000 : 22,
      destinationPort: fromClient ? 22 : 40000,
      sequence: fromClient ? CLIENT_ISN + this.sent.client : SERVER_ISN + this.sent.server,
      ...rest,
    });
    this.tracker.icmpError(error);
    return this;
  }

  /** A bare ACK of `ackOf` bytes that says that `from` … `to` beyond them arrived as well (RFC 2018). */
  sack(side: Side, ackOf: number, from: number, to: number): this {
    const base = (side === 'client' ? SERVER_ISN : CLIENT_ISN) + 1;
    const options = Buffer.from([1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0]);
    options.writeUInt32BE(base + from, 4);
    options.writeUInt32BE(base + to, 8);
    return this.segment({ ...this.numbers(side, ackOf), flags: '.', options });
  }

  /** From now on the side's packets have this traffic class. */
  marks(side: Side, trafficClass: number): this {
    this.trafficClass[side] = trafficClass;
    return this;
  }

  /** Data that leaves and is lost before the capture. */
  loses(from: Side, length: number): this {
    this.sent[from] += length;
    return this;
  }

  /** Whoever captures says now that packets were lost since some time. */
  drops(): this {
    this.dropsMs = this.nowMs;
    return this;
  }

  /** Ends the capture: the record of the one session. */
  end(): SessionRecord {
    this.tracker.finish();
    if (this.records.length !== 1) throw new Error(`The scene made ${this.records.length} sessions.`);
    return this.records[0] as SessionRecord;
  }

  private numbers(from: Side, ackOf?: number): Pick<SegmentSpec, 'from' | 'sequence' | 'acknowledgement'> {
    const [own, other] = from === 'client' ? [CLIENT_ISN, SERVER_ISN] : [SERVER_ISN, CLIENT_ISN];
    const peer = from === 'client' ? this.sent.server : this.sent.client;
    return { from, sequence: own + 1 + this.sent[from], acknowledgement: other + 1 + (ackOf ?? peer) };
  }
}

export const CLIENT_LINE = 'SSH-2.0-OpenSSH_9.2p1\r\n';
export const SERVER_LINE = 'SSH-2.0-OpenSSH_8.4\r\n';
export const DROPBEAR_LINE = 'SSH-2.0-dropbear_2022.83\r\n';

/** So many encrypted bytes: only their number tells. */
export const encrypted = (length: number): Buffer => Buffer.alloc(length, 0xa5);

/** Up to the answer to the client's first request, which names the methods. */
export function keyed(serverLine = SERVER_LINE, clientLine = CLIENT_LINE): Scene {
  return exchanged(serverLine, clientLine)
    .says('client', encrypted(44))
    .says('server', encrypted(44))
    .says('client', encrypted(60))
    .says('server', encrypted(76));
}

/** Up to NEWKEYS of both sides, and nothing behind them. */
export function exchanged(serverLine = SERVER_LINE, clientLine = CLIENT_LINE): Scene {
  return identified(serverLine, clientLine)
    .says('client', kexInit())
    .says('server', kexInit())
    .says('client', packet(30, Buffer.alloc(36)))
    .says('server', Buffer.concat([reply(), NEWKEYS]))
    .says('client', NEWKEYS);
}

/** A request of this length that is refused, as chacha20-poly1305 shows it. */
export function refused(scene: Scene, length = 140): Scene {
  return scene.says('client', encrypted(length)).says('server', encrypted(76));
}

/** A session with a login, by its sizes. */
export function loggedIn(): Scene {
  return keyed()
    .says('client', encrypted(308))
    .says('server', encrypted(28))
    .says('client', encrypted(112))
    .says('server', encrypted(536));
}

/** Both identification strings. */
export function identified(serverLine = SERVER_LINE, clientLine = CLIENT_LINE): Scene {
  return new Scene().connect().says('client', clientLine).says('server', serverLine);
}
