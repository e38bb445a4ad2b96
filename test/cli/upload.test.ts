import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import {
  type FakeAnswer,
  type FakeUploadService,
  ME,
  type SeenRequest,
  startFakeUploadService,
} from './fake-upload-service.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CAPTURE = path.join(import.meta.dirname, '../../captures/close-during-kex-no-common-mac.client.pcap');
const TOKEN = 'sshfate_0123_Very-S3cret';
const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-upload-'));
afterAll(() => rmSync(folder, { recursive: true }));

let fake: FakeUploadService | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

async function sshfate(words: readonly string[], overrides: Partial<Terminal> = {}) {
  const terminal = memoryTerminal(overrides);
  const code = await run(words, terminal);
  return { code, text: terminal.stdout.text, said: terminal.said, shown: terminal.stderr.text };
}

/** Answers as a service does; `captures` is what it tells of a capture at each look. */
async function service(
  captures: readonly object[] = [{ id: 'id-1', state: 'queued' }],
  special: (request: SeenRequest) => FakeAnswer | undefined = () => undefined,
): Promise<FakeUploadService> {
  const incident = JSON.parse((await sshfate(['report', CAPTURE, '--format', 'json'])).text);
  let looks = 0;
  fake = await startFakeUploadService((request) => {
    const own = special(request);
    if (own !== undefined) return own;
    if (request.url === '/api/v1/me') return { body: ME };
    if (request.url.endsWith('/overview')) return { body: { incident } };
    return { body: captures[Math.min(looks++, captures.length - 1)] };
  });
  return fake;
}

describe('sshfate upload', () => {
  test('sends files, and prints the id and link of each', async () => {
    const { url, seen } = await service();
    const { code, text, said } = await sshfate(['upload', CAPTURE, CAPTURE, '--to', url]);
    expect(said).toEqual([]);
    expect(code).toBe(0);
    expect(text).toBe(`${CAPTURE}: id-1 ${url}/captures/id-1\n`.repeat(2));
    expect(seen.map(({ url: each }) => each)).toEqual([
      '/api/v1/me',
      ...Array(2).fill('/api/v1/captures?name=close-during-kex-no-common-mac.client.pcap'),
    ]);
    expect(seen[1]?.body.equals(readFileSync(CAPTURE))).toBe(true);
  });
  test('waits for the verdict, and prints it as the table does', async () => {
    const { url } = await service([
      { id: 'id-1', state: 'queued' },
      { id: 'id-1', state: 'analysing', progress: { bytes: 1e6, totalBytes: 2e6, packets: 10, sessions: 1 } },
      { id: 'id-1', state: 'done' },
    ]);
    const { code, text, shown } = await sshfate(['upload', CAPTURE, '--to', url, '--wait'], {
      stderrIsTerminal: true,
      columns: 100,
    });
    expect(code).toBe(0);
    expect(text).toContain('id-1');
    const table = (await sshfate(['analyze', CAPTURE], { columns: 100 })).text;
    expect(text).toContain(`\n${table.slice(0, table.indexOf('\n\nSESSIONS'))}\n`);
    expect(shown).toContain('100 %');
    expect(shown.endsWith('\r\x1b[K')).toBe(true);
  });
  test('says what the service says of a file that is no capture', async () => {
    const error = { code: 'not-a-capture', message: 'This is no capture. Send what tcpdump writes.' };
    const { url } = await service([
      { id: 'id-1', state: 'queued' },
      { id: 'id-1', state: 'failed', error },
    ]);
    const { code, said } = await sshfate(['upload', CAPTURE, '--to', url, '--wait']);
    expect(code).toBe(3);
    expect(said).toEqual([`'${CAPTURE}' could not be judged. This is no capture. Send what tcpdump writes.`]);
  });
  test('waits on while the service is started again', async () => {
    let cuts = 2;
    const { url } = await service(
      [
        { id: 'id-1', state: 'queued' },
        { id: 'id-1', state: 'done' },
      ],
      ({ url: asked }) => {
        if (asked !== '/api/v1/captures/id-1' || cuts-- <= 0) return undefined;
        throw new Error('cut');
      },
    );
    expect((await sshfate(['upload', CAPTURE, '--to', url, '--wait'])).code).toBe(0);
    expect(cuts).toBe(-1);
  });
  test('goes on with the others when one cannot be read or is not taken', async () => {
    const { url, seen } = await service(undefined, ({ url: asked }) =>
      asked.includes('refused') ? { status: 400, body: { error: { code: 'x', message: 'No.' } } } : undefined,
    );
    const refused = path.join(folder, 'refused.pcap');
    writeFileSync(refused, 'abc');
    const large = path.join(folder, 'large.pcap');
    writeFileSync(large, Buffer.alloc(1e7 + 1));
    const missing = path.join(folder, 'missing.pcap');
    const one = await sshfate(['upload', missing, folder, CAPTURE, '--to', url]);
    expect(one.code).toBe(3);
    expect(one.said).toEqual([
      `'${missing}' does not exist. Check the path.`,
      `'${folder}' is no file. Give captures one by one.`,
    ]);
    expect(one.text).toContain('id-1');
    const other = await sshfate(['upload', refused, large, CAPTURE, '--to', url]);
    expect(other.code).toBe(4);
    expect(other.said[0]).toMatch(/refused\.pcap' was not taken\. \S+ refuses it: No\.$/);
    expect(other.said[1]).toMatch(/large\.pcap' has 10000001 bytes, and \S+ takes at most 10000000\./);
    expect(other.text).toContain('id-1');
    expect(seen.some(({ url: asked }) => asked.includes('large'))).toBe(false);
  });
  test('looks at the files before it asks the service', async () => {
    const { url, seen } = await service();
    const { code, said } = await sshfate(['upload', path.join(folder, 'none.pcap'), folder, '--to', url]);
    expect(code).toBe(3);
    expect(said).toHaveLength(2);
    expect(seen).toEqual([]);
    // Also when nobody is there to ask.
    const nobody = await sshfate(['upload', folder, '--to', 'http://127.0.0.1:1']);
    expect(nobody.code).toBe(3);
    expect(nobody.said).toEqual([`'${folder}' is no file. Give captures one by one.`]);
  });
  test('takes the token from the environment or a file that only its owner can read', async () => {
    const { url, seen } = await service();
    const file = path.join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const open = path.join(folder, 'open');
    writeFileSync(open, TOKEN, { mode: 0o644 });
    await sshfate(['upload', CAPTURE, '--to', url], { environment: { SSHFATE_TOKEN: TOKEN } });
    await sshfate(['upload', CAPTURE, '--to', url, '--credentials-file', file]);
    const authorizations = seen.map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual(Array(4).fill(`Bearer ${TOKEN}`));
    const refused = await sshfate(['upload', CAPTURE, '--to', url, '--credentials-file', open]);
    expect(refused.code).toBe(2);
    expect(refused.said[0]).toContain('chmod 600');
    expect(seen).toHaveLength(4);
  });
  test('sends the token over no connection that others can read', async () => {
    const environment = { SSHFATE_TOKEN: TOKEN };
    const { code, said } = await sshfate(['upload', CAPTURE, '--to', 'http://192.0.2.1:8422'], {
      environment,
    });
    expect(code).toBe(2);
    expect(said[0]).toMatch(/^Over http the token could be read on its way to 192\.0\.2\.1:8422\./);
  });
  test('has no option for the token itself, and needs an address', async () => {
    expect((await sshfate(['upload', CAPTURE, '--to', 'http://localhost', '--token', TOKEN])).code).toBe(2);
    expect((await sshfate(['upload', CAPTURE])).code).toBe(2);
    expect((await sshfate(['upload', CAPTURE, '--to', 'ftp://a'])).code).toBe(2);
  });
  test('says once that nobody answers', async () => {
    const { url, stop } = await service();
    await stop();
    fake = undefined;
    const { code, said } = await sshfate(['upload', CAPTURE, CAPTURE, '--to', url]);
    expect(code).toBe(4);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  });
});
