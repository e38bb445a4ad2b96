import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/report/layout.ts';
import { coloured, plain } from '../../src/report/paint.ts';
import { sessionView } from '../../src/report/session-view.ts';
import {
  completed,
  EVERYTHING,
  hostile,
  NEW_PROPOSAL,
  noCommonKex,
  OLD_PROPOSAL,
  portClosed,
} from './fixtures.ts';

const at80 = { width: 80, paint: plain };

describe('sessionView', () => {
  test('shows both lists, what was missing and the configuration line', () => {
    const text = sessionView(noCommonKex(), at80);
    expect(text).toContain('close-during-kex: closed during the key exchange');
    expect(text).toContain('key exchange: nothing in common');
    for (const name of [...OLD_PROPOSAL.kexAlgorithms, ...NEW_PROPOSAL.kexAlgorithms])
      expect(text).toContain(`- ${name}`);
    expect(text).toMatch(/diffie-hellman-group14-sha1 +- mlkem768x25519-sha256/);
    expect(text).toMatch(/KexAlgorithms\s+\+diffie-hellman-group14-sha1/);
    expect(text).toContain('= none');
  });
  test('says which capture to take next, with a command that can be copied', () => {
    const command = `tcpdump -i IFACE -s 0 -w sshfate.pcap '(host 10.77.1.2 and tcp port 22) or icmp or arp'`;
    const text = sessionView(portClosed({ nextCapture: { at: 'server', why: 'It tells.', command } }), at80);
    expect(text).toContain(`CAPTURE NEXT\n  At the server: It tells.\n  ${command}\n`);
    expect(sessionView(portClosed(), at80)).not.toContain('CAPTURE NEXT');
  });
  test('colours whole lines, however narrow', () => {
    for (const width of [30, 50, 80]) {
      const lines = sessionView(noCommonKex(), { width, paint: coloured }).split('\n');
      const bare = sessionView(noCommonKex(), { width, paint: plain }).split('\n');
      expect(lines.map((line) => stripVTControlCharacters(line))).toEqual(bare);
    }
  });
  test('of live traffic names no file and no packet numbers of one', () => {
    const text = sessionView(noCommonKex(), { ...at80, isLive: true });
    expect(text).toMatch(/LOOK AT IT\n {2}ip\.addr==10\.77\.1\.2 && tcp\.port==32942 && tcp\.port==22\n$/);
  });
  test('marks the direction in which there is no common cipher', () => {
    const base = noCommonKex();
    const server = { ...NEW_PROPOSAL, encryptionServerToClient: ['aes128-cbc'] };
    const text = sessionView(
      {
        ...base,
        kex: {
          ...base.kex,
          messages: [],
          server,
          mismatch: {
            category: 'cipher',
            direction: 'client-to-server',
            client: OLD_PROPOSAL.encryptionClientToServer,
            server: server.encryptionClientToServer,
          },
        },
      },
      at80,
    );
    expect(text).toContain('cipher, client to server: nothing in common');
    expect(text).not.toContain('cipher, server to client: nothing in common');
    expect(text).toContain('MAC, both ways\n');
  });
  test('shows each message with its packet number and the time since the first packet', () => {
    const text = sessionView(noCommonKex(), at80);
    expect(text).toMatch(/ 1 {2}\+0\.000000 s {2}client > +SYN\n/);
    expect(text).toMatch(
      / 5 {2}\+0\.004004 s +< server identification string SSH-2\.0-OpenSSH_10\.0p2\n +Debian/,
    );
    expect(text).toMatch(/ 8 {2}\+0\.007007 s +< server FIN\n/);
  });
  test('shows cause, evidence, next steps, what the client printed and what else fits', () => {
    const text = sessionView(EVERYTHING, at80);
    expect(text).toContain('port-closed (certain: the packets say so)');
    expect(text).toContain('- packet 2, +0.000310 s: what packet 2 shows');
    expect(text).toContain('  1. do this\n  2. then that');
    expect(text).toContain('WHAT ELSE FITS\n  - rejected-by-firewall (certain)');
    expect(text).toContain('CLIENT PRINTED\n  Connection refused');
    expect(text).toContain('packet 4: overlap-differs (tcp, server-to-client)');
  });
  test('names the usual causes where the packets do not tell one', () => {
    const text = sessionView(portClosed({ cause: undefined }), at80);
    expect(text).toContain('The packets do not tell why.');
    expect(text).toContain('- nothing listens: sshd is down');
  });
  test('asks for no cause where nothing was wrong', () => {
    const text = sessionView(completed(), at80);
    expect(text).toContain('  The packets show nothing wrong. Usual behind this fate:\n  - a login,');
  });
  test('gives display filters and a command to copy', () => {
    const text = sessionView(portClosed(), at80);
    expect(text).toContain(
      "tshark -r closed.pcap -Y 'ip.addr==10.77.1.2 && tcp.port==43974 && tcp.port==22 && frame.number in {1..2}'",
    );
    expect(text).toContain('frame.number in {2}');
    expect(sessionView(portClosed({ capture: "it's a.pcap" }), at80)).toContain(`-r 'it'\\''s a.pcap'`);
    expect(sessionView(portClosed({ capture: '-' }), at80)).not.toContain('tshark');
    expect(sessionView(portClosed({ client: { address: '2001:db8::1', port: 9 } }), at80)).toContain(
      'ipv6.addr==2001:db8::1',
    );
  });
  test('keeps within the width, but for the lines to copy', () => {
    for (const width of [80, 60]) {
      for (const record of [portClosed(), noCommonKex(), completed(), hostile(), EVERYTHING]) {
        const [text = ''] = sessionView(record, { width, paint: plain }).split('LOOK AT IT');
        for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });
  test('is plain without colour and coloured with it', () => {
    expect(sessionView(noCommonKex(), at80)).not.toContain('\x1b');
    expect(sessionView(noCommonKex(), { width: 80, paint: coloured })).toContain('\x1b[31m');
  });
  test('lets nothing through that a terminal would obey', () => {
    const text = sessionView(hostile(), at80);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text.replace(/\n */g, '')).toContain(
      'SSH-2.0-\\x1b]0;owned\\x07\\x1b[31m\\x9b2J\\u200f\\u202e<script>',
    );
  });
});
