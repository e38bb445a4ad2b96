import type { Sequence, SequenceMessage } from '../../../src/report/figures/sequence.ts';

/** What two captures of one session have, and have not, of each other: every kind of row. */
export const TWO_CAPTURES: Sequence = {
  title: 'one session in two captures',
  columns: [{ name: 'client.pcap', detail: '10.0.0.1' }, { name: 'server.pcap' }],
  rows: [
    { kind: 'phase', label: 'TCP handshake' },
    message(0, 1, 'whole', 'SYN', { left: mark(1), right: mark(11) }),
    message(1, 0, 'whole', 'SYN-ACK', { left: mark(2), right: mark(12), emphasis: 'decisive' }),
    message(0, 1, 'lost', 'data', { left: mark(3), detail: 'never arrived' }),
    { kind: 'note', label: 'the last refusal', left: mark(4) },
    { kind: 'pause', label: '12 s later' },
    message(1, 0, 'inserted', 'RST', { left: mark(5), emphasis: 'trouble' }),
  ],
};

function message(
  from: number,
  to: number,
  course: SequenceMessage['course'],
  label: string,
  rest: Partial<SequenceMessage>,
): SequenceMessage {
  return { kind: 'message', from, to, course, label, ...rest };
}

function mark(packet: number) {
  return { packet, time: `+${packet}.0 s` };
}
