import type { Packet } from '../../src/capture/packet.ts';
import { Packet as OnePacket } from '../../src/capture/packet.ts';
import { LiveClock } from '../../src/live/live-clock.ts';
import { LiveFindings } from '../../src/live/live-findings.ts';
import type { LiveSink, LiveState } from '../../src/live/live-sink.ts';
import { Watch } from '../../src/live/watch.ts';

const SYN = 0x02;
const RST = 0x04;
const PUSH = 0x08;
const ACK = 0x10;
const SERVER = 0x0a4d0202;
const RAW_IP = 101;

export interface Watched {
  readonly watch: Watch;
  /** Ten times a second: gives the sink the state. */
  tick(byMs?: number): void;
  state(): LiveState;
  nowMs(): number;
  /** A session that the server let in and that goes on; its client's address ends in `client`. */
  open(client: number, identification?: string): void;
  /** A SYN that was refused. */
  refused(client: number): void;
  lost: number;
  capturing: boolean;
}

/** A watch with packets made here and a clock of its own. */
export function watched(sink: LiveSink): Watched {
  let nowMs = 0;
  const clock = new LiveClock({ monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs });
  const findings = new LiveFindings({
    name: 'eth0',
    iso: (timeNs) => new Date(1_700_000_000_000 + timeNs / 1e6).toISOString(),
    onEvent: () => {},
  });
  const watch = new Watch({
    name: 'eth0',
    clock,
    onVerdict: (session, verdict) => {
      sink.verdict?.(session, verdict);
      findings.verdict(session, verdict, clock.nowNs());
    },
    onEnd: (session) => findings.ended(session),
  });
  const packet: Packet = new OnePacket();
  const send = (
    fromClient: boolean,
    client: number,
    flags: number,
    sequences: readonly [number, number],
    data = '',
  ): void => {
    const bytes = Buffer.alloc(40 + data.length);
    const ends = [0x0a4d0000 + client, SERVER];
    const ports = [40_000, 22];
    if (!fromClient) for (const pair of [ends, ports]) pair.reverse();
    bytes.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6]);
    bytes.writeUInt16BE(bytes.length, 2);
    bytes.writeUInt32BE(ends[0] as number, 12);
    bytes.writeUInt32BE(ends[1] as number, 16);
    bytes.writeUInt16BE(ports[0] as number, 20);
    bytes.writeUInt16BE(ports[1] as number, 22);
    bytes.writeUInt32BE(sequences[0], 24);
    bytes.writeUInt32BE(sequences[1], 28);
    // A kernel's own reset has no window.
    bytes.set([0x50, flags, ...(flags & RST ? [0, 0] : [0xff, 0xff])], 32);
    bytes.write(data, 40, 'latin1');
    packet.bytes = bytes;
    packet.capturedLength = bytes.length;
    packet.originalLength = bytes.length;
    packet.linkType = RAW_IP;
    packet.timeNs = clock.nowNs();
    watch.take(packet, clock.epochNs, 0);
  };
  const self: Watched = {
    watch,
    lost: 0,
    capturing: true,
    nowMs: () => nowMs,
    state: () => ({
      ...{ watch, findings, nowNs: clock.nowNs(), packetsASecond: 0, lost: self.lost },
      interfaces: [{ name: 'eth0', via: 'tcpdump', capturing: self.capturing, drops: self.lost }],
    }),
    tick(byMs = 100) {
      nowMs += byMs;
      watch.tick();
      sink.state?.(self.state());
    },
    open(client, identification) {
      send(true, client, SYN, [100, 0]);
      send(false, client, SYN | ACK, [500, 101]);
      send(true, client, ACK, [101, 501]);
      send(false, client, PUSH | ACK, [501, 101], 'SSH-2.0-OpenSSH_9.2\r\n');
      if (identification !== undefined) send(true, client, PUSH | ACK, [101, 522], `${identification}\r\n`);
    },
    refused(client) {
      send(true, client, SYN, [100, 0]);
      send(false, client, RST | ACK, [0, 101]);
    },
  };
  return self;
}
