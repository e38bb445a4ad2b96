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
import type { Connection } from '../../src/tcp/connection.ts';
import { Tracker } from '../../src/tcp/tracker.ts';
import { NeighbourMessage } from '../../src/wire/segment.ts';
import { type SegmentSpec, segmentOf } from '../tcp/dialogue.ts';
import { CLIENT_LINE, SERVER_LINE } from './scene.ts';

type Side = 'client' | 'server';

const CLIENT_ISN = 1000;
const SERVER_ISN = 5000;

/** Several sessions at one server, 10.0.0.2 port 22, told in the order of their packets. */
export class Crowd {
  private readonly tracker: Tracker;
  private readonly surroundings: Surroundings;
  private readonly records: SessionRecord[] = [];
  private packets = 0;
  private nowMs = 0;

  constructor() {
    const sessionOf = (connection: Connection): Session => {
      const facts = observe(connection, { untilNs: this.nowMs * 1e6, silenceNs: 15e9 });
      return new Session(connection, facts, classifyFate(facts), {
        captureName: 'crowd',
        clock: new Clock(0n, 6),
        diagnosis: { causes: diagnose, clientMessage, nextCapture },
        surroundings: this.surroundings,
      });
    };
    this.tracker = new Tracker({
      ports: [22],
      anyPort: false,
      conversation: () => new Conversation(),
      onOpen: (connection) => this.surroundings.opened(connection),
      onDropped: (connection) => this.surroundings.dropped(connection),
      onFinish: (connection) => this.surroundings.noteOpen(connection, sessionOf(connection)),
      onEnd: (connection) => {
        const session = sessionOf(connection);
        this.records.push(JSON.parse(JSON.stringify(session)) as SessionRecord);
        this.surroundings.note(connection, session);
      },
    });
    this.surroundings = new Surroundings(this.tracker.neighbours, this.tracker.askedInVain);
  }

  /** Capture time goes on. */
  wait(milliseconds: number): this {
    this.nowMs += milliseconds;
    return this;
  }

  /** A visitor from another port, and from 10.0.0.1 when nothing else is said. */
  visitor(clientPort: number, clientAddress = 0x0a000001): Visitor {
    return new Visitor((spec) => this.segment({ ...spec, clientPort, clientAddress }));
  }

  /** Somebody asks on the link for an address, or answers. */
  neighbour(kind: NeighbourMessage['kind'], address: number, asker = 0): this {
    const message = new NeighbourMessage();
    Object.assign(message, {
      packetNumber: ++this.packets,
      timeNs: ++this.nowMs * 1e6,
      kind,
      address0: address,
      asker0: asker,
    });
    this.tracker.neighbour(message);
    return this;
  }

  /** What began more than so long ago is forgotten. */
  forget(milliseconds: number): this {
    this.surroundings.forgetBefore((this.nowMs - milliseconds) * 1e6);
    return this;
  }

  /** Ends the capture: the records by session number. */
  end(): SessionRecord[] {
    this.tracker.finish();
    return this.records.sort((a, b) => a.session - b.session);
  }

  private segment(spec: SegmentSpec): void {
    this.nowMs += 1;
    this.packets++;
    this.tracker.segment(segmentOf({ atMs: this.nowMs, ...spec }, this.packets));
  }
}

/** One of several clients. */
export class Visitor {
  private readonly sent = { client: 0, server: 0 };
  private readonly send: (spec: SegmentSpec) => void;

  constructor(send: (spec: SegmentSpec) => void) {
    this.send = send;
  }

  syn(rest: Partial<SegmentSpec> = {}): this {
    this.send({ from: 'client', flags: 'S', sequence: CLIENT_ISN, ...rest });
    return this;
  }

  connect(rest: Partial<SegmentSpec> = {}): this {
    return this.syn(rest).isAnswered(rest);
  }

  isAnswered(rest: Partial<SegmentSpec> = {}): this {
    this.send({
      ...{ from: 'server', flags: 'S.', sequence: SERVER_ISN, acknowledgement: CLIENT_ISN + 1, hopLimit: 61 },
      ...rest,
    });
    return this.says('client', '');
  }

  identified(): this {
    return this.connect().says('client', CLIENT_LINE).says('server', SERVER_LINE);
  }

  says(from: Side, data: string): this {
    this.send({ ...this.numbers(from), flags: data.length > 0 ? 'P.' : '.', data });
    this.sent[from] += data.length;
    return this;
  }

  fin(from: Side): this {
    this.send({ ...this.numbers(from), flags: 'F.' });
    this.sent[from] += 1;
    return this;
  }

  private numbers(from: Side): Pick<SegmentSpec, 'from' | 'sequence' | 'acknowledgement'> {
    const [own, other] = from === 'client' ? [CLIENT_ISN, SERVER_ISN] : [SERVER_ISN, CLIENT_ISN];
    const peer = from === 'client' ? this.sent.server : this.sent.client;
    return { from, sequence: own + 1 + this.sent[from], acknowledgement: other + 1 + peer };
  }
}
