import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type AnalyzeSettings, analyze } from '../../src/cli/analyze.ts';
import { parseFailOn } from '../../src/cli/option-values.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { Report } from '../../src/report/document.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { ACK, FIN, PSH, SYN } from '../../src/wire/segment.ts';
import { pcap } from '../capture/building.ts';
import { type Bytes, ethernet, ipv4, tcp } from '../wire/made-packets.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const capture = (name: string) => path.join(CAPTURES, `${name}.client.pcap`);
const NO_COMMON_KEX = capture('close-during-kex-no-common-kex');
const COMPLETED = capture('completed');
const HEALTH_CHECKS = capture('fin-before-banner-health-check');

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-analyze-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An escape sequence, a C1 control, a right-to-left mark as UTF-8, HTML, a table border and a formula. */
const HOSTILE_SOFTWARE = '\x1b[31m\x9b2J\xe2\x80\x8f<script>|=cmd()';

function temporary(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function analyzed(
  paths: readonly string[],
  settings: Partial<AnalyzeSettings> = {},
  terminal: Partial<Terminal> = {},
) {
  const memory = memoryTerminal(terminal);
  const code = await analyze(paths, { format: 'table', limit: 20, color: true, ...settings }, memory);
  return { code, text: memory.stdout.text, said: memory.said, progress: memory.stderr.text };
}

function records(ndjson: string): SessionRecord[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('says once that two captures hold the same sessions', async () => {
  const server = NO_COMMON_KEX.replace('.client.', '.server.');
  const both = await analyzed([NO_COMMON_KEX, server]);
  expect(both.said).toEqual([
    `1 session is in both captures and counts in each. \`sshfate compare ${NO_COMMON_KEX} ${server}\` judges them together.`,
  ]);
  expect((await analyzed([NO_COMMON_KEX, COMPLETED])).said).toEqual([]);
  expect((await analyzed([NO_COMMON_KEX, server], { fate: new Set(['completed']) })).said).toEqual([]);
});

test('takes standard input once', async () => {
  await expect(analyzed(['-', COMPLETED, '-'])).rejects.toThrow('Standard input can be read only once.');
});

describe('analyze --message', () => {
  const message = 'Unable to negotiate with 198.51.100.20 port 22: no matching cipher found. Their offer: x';
  test('says which sessions explain it, and changes no exit code', async () => {
    const { code, text } = await analyzed([NO_COMMON_KEX], { message });
    expect(code).toBe(0);
    expect(text).toContain('1 session ends in a way that makes a client print it: 1.');
  });
  test('says that none does', async () => {
    const { code, text } = await analyzed([COMPLETED], { message });
    expect(code).toBe(0);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'No session of this capture explains that message. It would take a session with the fate close-during-kex; a capture at the client tells for certain.',
    );
  });
  test('has it in the document, and beside records on standard error', async () => {
    const document = await analyzed([NO_COMMON_KEX], { message, format: 'json' });
    expect((JSON.parse(document.text) as Report).summary.message).toEqual({
      lines: [message],
      fates: ['close-during-kex'],
      sessions: 1,
      examples: [{ capture: NO_COMMON_KEX, session: 1 }],
    });
    const records = await analyzed([NO_COMMON_KEX], { message, format: 'ndjson' });
    expect(records.said).toEqual(['1 session ends in a way that makes a client print it: 1.']);
  });
  test('cannot read the capture and the message from the same input', async () => {
    await expect(analyzed(['-'], { message: '-' })).rejects.toThrow('cannot be both');
    await expect(analyzed([COMPLETED], { clientVersion: '9.2' })).rejects.toThrow('goes with --message');
  });
});

describe('analyze', () => {
  test('prints a verdict and exits with 0', async () => {
    const { code, text, said } = await analyzed([NO_COMMON_KEX]);
    expect(code).toBe(0);
    expect(text).toMatch(/close-during-kex +no-common-kex/);
    expect(said).toEqual([]);
  });
  test('prints records that say what the table says', async () => {
    const { text } = await analyzed([NO_COMMON_KEX], { format: 'ndjson' });
    expect(records(text)).toMatchObject([{ fate: 'close-during-kex', cause: { id: 'no-common-kex' } }]);
  });
  test('searches folders and gives the verdict of every capture in them', async () => {
    const { code, text } = await analyzed([CAPTURES]);
    expect(code).toBe(0);
    for (const name of [
      'completed.client.pcap',
      'no-syn-ack.client.pcap',
      'not-ssh-http.client.pcap',
      'open.client.pcap',
    ]) {
      expect(text).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
    }
  });
  test('reports the others when an input cannot be read, says which, and exits with 3', async () => {
    const { code, text, said } = await analyzed([
      path.join(folder, 'missing.pcap'),
      temporary('empty.pcap', ''),
      temporary('text.pcap', 'hello, this is no capture\n'),
      COMPLETED,
    ]);
    expect(code).toBe(3);
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(/missing\.pcap' does not exist\. Check the path\.$/);
    expect(said[1]).toMatch(/empty\.pcap' is empty\./);
    expect(said[2]).toMatch(/text\.pcap' is text, not packets/);
    expect(text).toContain('completed');
  });
  test('judges a capture up to where it is cut off, says so, and exits with 0', async () => {
    const cut = temporary('cut.pcap', readFileSync(NO_COMMON_KEX).subarray(0, 2000));
    const { code, text, said } = await analyzed([cut], { format: 'json' });
    expect(code).toBe(0);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/cut\.pcap: .*\. What came before is judged\.$/);
    const report: Report = JSON.parse(text);
    expect(report.captures[0]?.damage?.kind).toBe('cut-off');
    expect(report.sessions).toHaveLength(1);
  });
  test('exits with 1 when --fail-on matches, and with 0 when it does not', async () => {
    const failOn = parseFailOn('no-common-kex');
    expect((await analyzed([NO_COMMON_KEX], { failOn })).code).toBe(1);
    expect((await analyzed([COMPLETED], { failOn })).code).toBe(0);
    expect((await analyzed([COMPLETED], { failOn: parseFailOn('any-failure') })).code).toBe(0);
    expect((await analyzed([NO_COMMON_KEX], { failOn: parseFailOn('any-failure') })).code).toBe(1);
  });
  test('only looks at reported sessions for --fail-on, and an unreadable input outranks it', async () => {
    const failOn = parseFailOn('any-failure');
    expect((await analyzed([NO_COMMON_KEX], { failOn, fate: new Set(['completed']) })).code).toBe(0);
    expect((await analyzed([NO_COMMON_KEX, path.join(folder, 'missing')], { failOn })).code).toBe(3);
  });
  test('says so when no session passes the filters, and does not say that there is none', async () => {
    const fate = new Set(['completed'] as const);
    const { code, text } = await analyzed([NO_COMMON_KEX], { fate });
    expect(code).toBe(0);
    const words = text.replace(/\s+/g, ' ');
    expect(words).toContain('No session passes the filters (--fate,');
    expect(words).toContain('1 session was left out.');
    const { captures } = JSON.parse(
      (await analyzed([NO_COMMON_KEX], { fate, format: 'json' })).text,
    ) as Report;
    expect(captures[0]?.leftOut).toBe(1);
  });

  test('does not propose --any-port where it was given', async () => {
    const other = temporary('none.pcap', pcap({}, { seconds: 1, fraction: 0, bytes: new Uint8Array(60) }));
    const { text } = await analyzed([other], { anyPort: true });
    expect(text).toContain('No SSH session: on no port');
    expect(text).not.toContain('--any-port');
  });

  test('reports the sessions that pass the filters', async () => {
    const { text } = await analyzed([CAPTURES], { format: 'ndjson', fate: new Set(['no-syn-ack']) });
    expect(new Set(records(text).map(({ fate }) => fate))).toEqual(new Set(['no-syn-ack']));
    const number = await analyzed([HEALTH_CHECKS], { format: 'ndjson', session: 3 });
    expect(records(number.text).map(({ session }) => session)).toEqual([3]);
  });
  test('shows one session in full', async () => {
    const { code, text } = await analyzed([NO_COMMON_KEX], { session: 1 });
    expect(code).toBe(0);
    // A long path is broken anywhere.
    expect(text.replace(/\s+/g, '').startsWith(`Session1of${NO_COMMON_KEX.replace(/\s+/g, '')}close`)).toBe(
      true,
    );
    expect(text).toContain('key exchange: nothing in common');
    expect(text.replace(/\s+/g, '')).toContain(
      'KexAlgorithmsdiffie-hellman-group14-sha256,curve25519-sha256',
    );
    expect(text).toMatch(/- curve25519-sha256 +- diffie-hellman-group14-sha256/);
  });
  test('says which sessions there are when the one asked for is not', async () => {
    await expect(analyzed([HEALTH_CHECKS], { session: 9 })).rejects.toThrow(
      /^There is no session 9 in '.*health-check\.client\.pcap': its sessions are 1 to 4/s,
    );
    await expect(analyzed([NO_COMMON_KEX, COMPLETED], { session: 1 })).rejects.toThrow(
      'Sessions are numbered within a capture, and there are 2.',
    );
  });
  test('watches other ports', async () => {
    const settings = { format: 'ndjson', port: [80] } as const;
    expect((await analyzed([NO_COMMON_KEX], settings)).text).toBe('');
    expect(records((await analyzed([NO_COMMON_KEX], { ...settings, anyPort: true })).text)).toHaveLength(1);
  });
  test('writes to a file without colours of the terminal', async () => {
    const file = path.join(folder, 'report.txt');
    const terminal = { stdoutIsTerminal: true, environment: { TERM: 'xterm' } };
    expect((await analyzed([NO_COMMON_KEX], {}, terminal)).text).toContain('\x1b[');
    const { text } = await analyzed([NO_COMMON_KEX], { output: file }, terminal);
    expect(text).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('close-during-kex');
    expect(readFileSync(file, 'utf8')).not.toContain('\x1b');
    await expect(analyzed([NO_COMMON_KEX], { output: folder })).rejects.toThrow(
      'cannot be written: it is a folder',
    );
  });
  test('does not write over a capture that it reads', async () => {
    const file = temporary('precious.pcap', readFileSync(COMPLETED));
    await expect(analyzed([folder], { output: file })).rejects.toThrow(
      /precious\.pcap' is one of the captures\. Choose another file with --output\.$/,
    );
    expect(readFileSync(file)).toEqual(readFileSync(COMPLETED));
  });
  test('shows progress on a terminal only, not when asked to be quiet, and takes it away', async () => {
    const big = path.join(folder, 'again.pcap');
    copyFileSync(NO_COMMON_KEX, big);
    expect((await analyzed([big])).progress).toBe('');
    expect((await analyzed([big], { quiet: true }, { stderrIsTerminal: true })).progress).toBe('');
    const { progress } = await analyzed([big], {}, { stderrIsTerminal: true });
    expect(progress).toMatch(/again\.pcap: 100 %, .* 13 packets, 1 sessions/);
    expect(progress.endsWith('\r\x1b[K')).toBe(true);
  });
  test('stops reading when the reader of its output has gone', async () => {
    const terminal = memoryTerminal({ onStdoutClosed: (callback) => callback() });
    const settings = { format: 'ndjson', limit: 20, color: true } as const;
    expect(await analyze([NO_COMMON_KEX, COMPLETED], settings, terminal)).toBe(0);
    expect(terminal.stdout.text).toBe('');
  });
});

describe('a session whose every text is hostile', () => {
  const hostile = temporary('hostile.pcap', hostileCapture());
  const formats = ['table', 'ndjson', 'json', 'csv'] as const;

  test('harms no output format: only printable ASCII is printed, and the table\u2019s bars', async () => {
    for (const format of formats) {
      for (const settings of [
        {},
        { all: true, wide: true },
        ...(format === 'table' ? [{ session: 1 }] : []),
      ]) {
        const { text, said } = await analyzed([hostile], { format, ...settings });
        expect(text, format).toMatch(/^[\n -~█]*$/);
        expect(said).toEqual([]);
      }
    }
  });
  test('keeps its texts as they were, byte for byte, where a program reads them', async () => {
    const [record] = records((await analyzed([hostile], { format: 'ndjson' })).text);
    expect(record?.server.identification).toBe(`SSH-2.0-${HOSTILE_SOFTWARE}`);
    expect(record?.server.text).toEqual(['=cmd()|<script>']);
    expect(record?.client.identification).toBe(`SSH-2.0-${HOSTILE_SOFTWARE}`);
  });
  test('shows them spelled out where a person reads them', async () => {
    const { text } = await analyzed([hostile], { session: 1 });
    expect(text.replace(/\n */g, '')).toContain('SSH-2.0-\\x1b[31m\\x9b2J\\u200f<script>|=cmd()');
    const csv = await analyzed([hostile], { format: 'csv' });
    expect(csv.text).toContain(`,"'=cmd()|<script>",`);
  });
});

function hostileCapture(): Uint8Array {
  const identification = `SSH-2.0-${HOSTILE_SOFTWARE}\r\n`;
  const greeting = `=cmd()|<script>\r\n${identification}`;
  let client = 1000;
  let server = 5000;
  const packets: Bytes[] = [];
  const send = (from: 'client' | 'server', flags: number, data = ''): void => {
    const fromClient = from === 'client';
    const [sequence, acknowledgement] = fromClient ? [client, server] : [server, client];
    const ports = fromClient ? { from: 50_000, to: 22 } : { from: 22, to: 50_000 };
    const addresses = fromClient
      ? { from: '10.0.0.1', to: '10.0.0.2' }
      : { from: '10.0.0.2', to: '10.0.0.1' };
    packets.push(
      ethernet(0x0800, ipv4(tcp(data, { ...ports, sequence, acknowledgement, flags }), addresses)),
    );
    const length = data.length + (flags & (SYN | FIN) ? 1 : 0);
    if (fromClient) client += length;
    else server += length;
  };
  send('client', SYN);
  send('server', SYN | ACK);
  send('client', ACK);
  send('server', PSH | ACK, greeting);
  send('client', PSH | ACK, identification);
  send('server', FIN | ACK);
  send('client', FIN | ACK);
  send('server', ACK);
  return pcap(
    {},
    ...packets.map((bytes, i) => ({
      seconds: 1_700_000_000,
      fraction: i * 1000,
      bytes: Uint8Array.from(bytes),
    })),
  );
}
