import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedTruths } from '../../scripts/lab/manifest.ts';
import { explainsText, readClientText } from '../../src/diagnosis/client-text.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { recordsOf } from '../corpus/corpus.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const fates = (text: string, release?: string) => readClientText(text, release)?.fates;

describe('readClientText', () => {
  it('takes the same line for three stages since 9.5, and for two before', () => {
    const line = 'Connection closed by 10.0.0.1 port 22';
    expect(fates(line)).toEqual([
      'fin-before-banner',
      'not-ssh',
      'fin-after-banner',
      'close-during-kex',
      'close-during-auth',
    ]);
    expect(fates(line, '9.5')).toEqual(fates(line));
    expect(fates(line, '9.4')).toEqual(['fin-after-banner', 'close-during-kex', 'close-during-auth']);
  });

  it('lets two lines of one session narrow each other', () => {
    expect(
      fates(
        'kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22',
      ),
    ).toEqual(['fin-before-banner', 'not-ssh']);
    expect(
      fates(
        'kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22',
      ),
    ).toEqual(['fin-before-banner', 'rst-before-banner', 'not-ssh']);
  });

  it('knows from the lines of -v how far the session had come, and the release', () => {
    const text = [
      'OpenSSH_9.6p1 Ubuntu-3ubuntu13, OpenSSL 3.0.13 30 Jan 2024',
      'debug1: Connecting to example.org [10.0.0.1] port 22.',
      'debug1: Connection established.',
      'debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1',
      'debug1: SSH2_MSG_KEXINIT sent',
      'debug1: SSH2_MSG_KEXINIT received',
      'debug1: expecting SSH2_MSG_KEX_ECDH_REPLY',
      'Connection closed by 10.0.0.1 port 22',
    ].join('\n');
    expect(readClientText(text)).toMatchObject({
      release: '9.6',
      verbose: true,
      reached: { stages: ['kex'] },
      fates: ['close-during-kex'],
    });
  });

  it('finds the message in what another program wraps around it', () => {
    expect(
      fates(
        'host | UNREACHABLE! => {"msg": "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.1 port 22: Connection timed out", "unreachable": true}',
      ),
    ).toEqual(['no-syn-ack', 'icmp-after-syn', 'icmp-after-syn-ack', 'syn-ack-unanswered']);
  });

  it('doubts a line that the release does not print', () => {
    expect(
      readClientText('ssh_exchange_identification: Connection closed by remote host', '9.2')?.doubts,
    ).toEqual([
      'OpenSSH 9.2 does not print "ssh_exchange_identification: Connection closed by remote host": only clients before 8.0 do.',
    ]);
  });

  it('doubts lines that cannot come from one session', () => {
    const text =
      'ssh: connect to host a port 22: Connection refused\nUnable to negotiate with 10.0.0.1 port 22: no matching cipher found. Their offer: x';
    expect(readClientText(text)?.doubts).toHaveLength(1);
  });

  it('knows that a name without an address leaves no packet', () => {
    expect(fates('ssh: Could not resolve hostname nowhere: Name or service not known')).toEqual([]);
  });

  it('is undefined for text without a known message', () => {
    expect(readClientText('debug1: Reading configuration data /etc/ssh/ssh_config')).toBeUndefined();
    expect(readClientText('')).toBeUndefined();
  });

  it('reads a long text in little time', () => {
    const started = performance.now();
    readClientText(`${'Connection to '.repeat(200_000)}\n${'x\n'.repeat(200_000)}Connection closed by x`);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('what clients printed in real runs', () => {
  /** Each client that failed and said why, with the capture at its end. */
  const failed = shippedTruths().flatMap(({ clients, sides }) =>
    sides.client === undefined
      ? []
      : clients
          .filter(({ exit, said }) => exit !== 0 && said.length > 0)
          .map(({ said }) => [sides.client?.file ?? '', sides.client?.port ?? 22, said] as const),
  );

  it.each(failed)('%s: is explained by a session of its capture', async (file, port, said) => {
    const text = readClientText(said.join('\n'));
    expect(text, said.join('\n')).toBeDefined();
    if (text === undefined) return;
    expect(text.doubts).toEqual([]);
    const records = await recordsOf(path.join(CAPTURES, file), { ports: [port] });
    const found = records.filter((record) => explainsText(text, record));
    expect(found, records.map(({ fate, endedBy }) => `${fate} ${endedBy}`).join()).not.toEqual([]);
  });

  it('is explained by every session that is said to have made its client print it', async () => {
    const files = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name));
    for (const file of files) {
      for (const record of await recordsOf(path.join(CAPTURES, file))) check(file, record);
    }
  });

  function check(file: string, record: SessionRecord): void {
    if (record.clientMessage === undefined) return;
    const text = readClientText(record.clientMessage);
    expect(text && explainsText(text, record), `${file}: ${record.clientMessage}`).toBe(true);
  }
});
