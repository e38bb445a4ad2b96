import { describe, expect, test } from 'vitest';
import { readClientText } from '../../src/diagnosis/client-text.ts';
import { MessageCheck, messageVerdict } from '../../src/report/message-check.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { noCommonKex, portClosed, reported } from './fixtures.ts';

function checked(text: string, ...records: SessionRecord[]) {
  const read = readClientText(text);
  if (read === undefined) throw new Error('The text is not known.');
  const check = new MessageCheck(read);
  for (const record of records) check.add(reported(record));
  return check.summary();
}

const REFUSED = 'ssh: connect to host a port 22: Connection refused';

test('counts the sessions that explain the message, and names some', () => {
  const sessions = Array.from({ length: 12 }, (_, i) => portClosed({ session: i + 1 }));
  const summary = checked(REFUSED, ...sessions, noCommonKex());
  expect(summary).toMatchObject({ sessions: 12, fates: ['rst-after-syn', 'icmp-after-syn'] });
  expect(summary.examples).toHaveLength(10);
  expect(messageVerdict(summary)).toBe(
    '12 sessions end in a way that makes a client print it: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ….',
  );
});

test('names the captures where there are several', () => {
  const summary = checked(REFUSED, portClosed({ capture: 'a.pcap' }), portClosed({ capture: 'b.pcap' }));
  expect(messageVerdict(summary)).toContain('1 of a.pcap, 1 of b.pcap');
});

test('says what it would take when no session does', () => {
  expect(messageVerdict(checked(REFUSED, noCommonKex()))).toBe(
    'No session of this capture explains that message. It would take a session with one of the fates rst-after-syn, icmp-after-syn; a capture at the client tells for certain.',
  );
});

test('does not count a client that says it in other words', () => {
  const software = (name: string) => {
    const base = noCommonKex();
    return { ...base, client: { ...base.client, software: name } };
  };
  const message = 'Unable to negotiate with 10.77.2.2 port 22: no matching cipher found. Their offer: x';
  expect(checked(message, software('OpenSSH_9.2p1')).sessions).toBe(1);
  expect(checked(message, software('PuTTY_Release_0.78')).sessions).toBe(0);
});

describe('addresses that the message names', () => {
  const closed = (address: string) => `Connection closed by ${address} port 22`;
  const there = noCommonKex().server.address;

  test('are said when no session has them', () => {
    const summary = checked(closed('10.9.9.9'), noCommonKex());
    expect(summary.absentAddresses).toEqual(['10.9.9.9']);
    expect(messageVerdict(summary)).toMatch(
      / 10\.9\.9\.9, which the message names, is in none of these sessions: unless addresses are translated on the way, they are of another server or another time\.$/,
    );
  });

  test('are not said when a session has them, nor when it names none', () => {
    expect(checked(closed(there), noCommonKex()).absentAddresses).toBeUndefined();
    expect(checked(REFUSED, noCommonKex()).absentAddresses).toBeUndefined();
  });

  test('are known in whatever form', () => {
    const absent = (text: string) => checked(text, noCommonKex()).absentAddresses;
    expect(absent(closed('2001:db8::9'))).toEqual(['2001:db8::9']);
    expect(absent('ssh: connect to host 10.9.9.9 port 22: Connection refused')).toEqual(['10.9.9.9']);
    expect(absent('user@10.9.9.9: Permission denied (publickey).')).toEqual(['10.9.9.9']);
    expect(
      absent(`${closed('10.9.9.9')}\nssh: connect to host 10.9.9.8 port 22: Connection refused`),
    ).toEqual(['10.9.9.9', '10.9.9.8']);
  });
});
