import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { textAt } from '../../src/tickets/json-value.ts';
import { type FakeSystem, startFakeSystem } from '../tickets/fake-system.ts';
import { CAPTURE, CAPTURES, runTicket, startTicket } from '../tickets/run-ticket.ts';
import { type MemoryTerminal, memoryTerminal } from './memory-terminal.ts';

const HEALTHY = join(CAPTURES, 'completed-aes-ctr.client.pcap');
const folder = mkdtempSync(join(tmpdir(), 'sshfate-ticket-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function sshfate(
  words: readonly string[],
  overrides: Partial<Terminal> = {},
): Promise<MemoryTerminal & { code: number }> {
  const terminal = memoryTerminal(overrides);
  const code = await run(['ticket', ...words], terminal);
  return { ...terminal, code };
}

describe('sshfate ticket', () => {
  let fake: FakeSystem;
  let notes: string[];
  beforeEach(async () => {
    notes = [];
    fake = await startFakeSystem(({ method, json }) => {
      if (method === 'POST') notes.push(textAt(json, 'note', 'content') ?? '');
      return { json: { notes: notes.map((content, id) => ({ id: String(id), content })) } };
    });
  });
  afterEach(() => fake.stop());
  const to = (): string[] => ['--to', 'pagerduty', '--ticket', 'PABCDEF', '--url', fake.url];
  const environment = { SSHFATE_PAGERDUTY_CREDENTIALS: 'Very-S3cret' };

  it('says in a line what it did, and what had no room', async () => {
    const first = await sshfate([CAPTURE, ...to()], { environment });
    expect(first.code).toBe(0);
    expect(first.stdout.text).toBe('incident PABCDEF: comment added\n');
    expect(first.said[0]).toMatch(
      /^'ssh-report\.[0-9a-f]{12}\.html' is not attached: PagerDuty takes no files here/,
    );
    expect(first.said[1]).toMatch(
      /^'ssh-evidence-.*\.pcapng' is not attached: PagerDuty takes no files here/,
    );
    const second = await sshfate([CAPTURE, ...to()], { environment });
    expect(second.stdout.text).toBe('incident PABCDEF: nothing new, comment left as it is\n');
    expect(notes).toHaveLength(1);
  });
  it('needs no credential for a dry run, and sends nothing', async () => {
    const { code, stdout, said } = await sshfate([CAPTURE, ...to(), '--dry-run']);
    expect(code).toBe(0);
    expect(stdout.text).toContain(`POST ${fake.url}/incidents/PABCDEF/notes\n`);
    expect(stdout.text).toContain('Authorization: Token token=***\n');
    expect(said[0]).toContain('Dry run: nothing was sent.');
    expect(fake.seen).toEqual([]);
  });
  it('says nothing of a capture without a finding to the ticket', async () => {
    const { code, said } = await sshfate([HEALTHY, ...to()], { environment });
    expect(code).toBe(0);
    expect(said).toEqual(['There is no finding in what was read, so nothing is written to the ticket.']);
    expect(fake.seen).toEqual([]);
  });
  it('takes the findings that are asked for', async () => {
    const both = [CAPTURE, join(CAPTURES, 'close-during-kex-no-common-mac.client.pcap')];
    const all = await sshfate([...both, ...to(), '--dry-run']);
    const [, id = ''] = /finding ([0-9a-f]{10})/.exec(all.stdout.text) ?? [];
    const one = await sshfate([...both, ...to(), '--dry-run', '--finding', id]);
    expect(all.stdout.text).toContain('2 findings');
    expect(one.stdout.text).toContain('1 finding (');
    const none = await sshfate([CAPTURE, ...to(), '--finding', '0123456789'], { environment });
    expect(none.code).toBe(2);
    expect(none.said[0]).toMatch(/^There is no finding 0123456789 in these captures\. There is [0-9a-f]{10}/);
  });
  it('makes the files that are asked for', async () => {
    const files = async (...words: string[]) => {
      const { said } = await sshfate([CAPTURE, ...to(), '--dry-run', ...words]);
      return said.flatMap((line) => /^'ssh-(\w+)/.exec(line)?.[1] ?? []);
    };
    expect(await files()).toEqual(['report', 'evidence']);
    expect(await files('--attach', 'evidence')).toEqual(['evidence']);
    expect(await files('--attach', 'report')).toEqual(['report']);
    expect(await files('--attach', 'none')).toEqual([]);
  });
  it('says in the comment and on stderr what evidence lacks', async () => {
    const { said } = await sshfate([CAPTURE, ...to(), '--max-attachment', '100'], { environment });
    const sentence = 'it does not fit. Allow more with';
    expect(said.join('\n')).toContain(`${sentence} '--max-attachment'.`);
    expect(notes[0]?.replace(/\s+/g, ' ')).toContain(sentence);
  });
  it('writes what the others say when one input cannot be read, and ends with 3', async () => {
    const { code, stdout } = await sshfate([CAPTURE, '/nowhere.pcap', ...to()], { environment });
    expect(code).toBe(3);
    expect(stdout.text).toBe('incident PABCDEF: comment added\n');
  });
  it('ends with 4 when the ticket could not be written, with a message that obeys nothing and tells no secret', async () => {
    fake.trouble = () => ({ status: 403, json: { message: 'no \u001b[2J Very-S3cret \u202e' } });
    const terminal = memoryTerminal({ environment });
    expect(await run(['ticket', CAPTURE, ...to()], terminal)).toBe(4);
    expect(terminal.said).toHaveLength(1);
    expect(terminal.said[0]).toContain('answered 403 to the request to read incident PABCDEF');
    expect(terminal.said[0]).not.toContain('Very-S3cret');
    // As the real terminal writes it.
    const real = await runTicket([CAPTURE, ...to()], environment);
    expect(real.code).toBe(4);
    expect(real.stderr).toContain('\\x1b[2J *** \\u202e');
    expect(real.stderr).not.toContain('\u001b');
  });
  it.each([
    [['--to', 'rt'], 'Which ticket is meant? Give either --ticket with its id, or --create for a new one.'],
    [['--to', 'rt', '--ticket', '1', '--create'], 'Which ticket is meant?'],
    [['--to', 'rt', '--ticket', '../x'], "'../x' is no ticket of Request Tracker. Give one as in 1234."],
    [
      ['--to', 'github', '--ticket', '12'],
      "'12' is no ticket of GitHub. Give one as in owner/repository#12.",
    ],
    [['--to', 'gitlab', '--ticket', 'a/../b#1?x'], 'is no ticket of GitLab'],
    [['--to', 'servicenow', '--ticket', 'INC1^ORnumber=2'], 'is no ticket of ServiceNow'],
    [
      ['--to', 'redmine', '--create'],
      '--create needs the project for the new ticket. Give it as in --project network.',
    ],
    [
      ['--to', 'webhook', '--create', '--url', 'https://x.example'],
      'Webhook cannot open tickets. Name one with --ticket.',
    ],
    [
      ['--to', 'rt', '--ticket', '1'],
      'Where Request Tracker is was not said. Give its address with --url or SSHFATE_RT_URL.',
    ],
    [
      ['--to', 'rt', '--ticket', '1', '--url', 'https://rt.example'],
      'There is no credential for Request Tracker.',
    ],
    [['--to', 'rt', '--ticket', '1', '--url', 'http://rt.example'], 'Over http the credential could be read'],
    [['--ticket', '1'], "Required option '--to <system>' not specified."],
    [['--to', 'bugzilla', '--ticket', '1'], "--to: 'bugzilla' is no ticket system."],
  ] as const)('refuses %j before anything is sent', async (words, why) => {
    const { code, said } = await sshfate([CAPTURE, ...words], {
      environment: words.some((word) => word === 'webhook') ? { SSHFATE_WEBHOOK_CREDENTIALS: 'x' } : {},
    });
    expect(code).toBe(2);
    expect(said.join(' ')).toContain(why);
  });
  it('takes the credential from a file that is nobody else’s', async () => {
    const file = join(folder, 'credential');
    writeFileSync(file, 'from-the-file\n');
    chmodSync(file, 0o644);
    const open = await sshfate([CAPTURE, ...to(), '--credentials-file', file]);
    expect(open).toMatchObject({ code: 4, said: [expect.stringContaining('Others may read or change')] });
    chmodSync(file, 0o600);
    expect((await sshfate([CAPTURE, ...to(), '--credentials-file', file])).code).toBe(0);
    expect(fake.seen[0]?.headers.authorization).toBe('Token token=from-the-file');
  });
  it('takes the credential from a command', async () => {
    expect((await sshfate([CAPTURE, ...to(), '--credentials-command', "printf '%s\\n' $from"])).code).toBe(0);
    expect(fake.seen[0]?.headers.authorization).toBe('Token token=$from');
  });
  it('has no option that takes a credential', async () => {
    const { stdout } = await sshfate(['--help']);
    const options = [...stdout.text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
    expect(options.length).toBeGreaterThan(15);
    expect(
      options.filter((option) => /password|token|secret|key|user|credential/.test(option ?? '')),
    ).toEqual(['--credentials-file', '--credentials-command']);
  });
  it('ends with 130 on Ctrl-C, and says how to go on', async () => {
    fake.trouble = () => ({ afterMs: 20_000 });
    const started = startTicket([CAPTURE, ...to()], environment);
    while (fake.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    started.interrupt();
    expect(await started.ran).toEqual({
      code: 130,
      stdout: '',
      stderr: 'sshfate: Interrupted. Run the same command again: it goes on from there.\n',
    });
  });

  describe('over TLS', () => {
    const key = join(folder, 'key.pem');
    const certificate = join(folder, 'certificate.pem');
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-out',
        certificate,
        '-days',
        '2',
        '-subj',
        '/CN=test',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    let url: string;
    let authorizations: (string | undefined)[];
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (incoming, outgoing) => {
        authorizations.push(incoming.headers.authorization);
        outgoing.end('{"notes":[]}');
      },
    );
    beforeEach(async () => {
      authorizations = [];
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => new Promise((resolve) => server.close(resolve)));
    const words = (): string[] => [CAPTURE, '--to', 'pagerduty', '--ticket', 'PABCDEF', '--url', url];

    it('shows nothing to a server whose certificate nobody vouches for', async () => {
      const ran = await runTicket(words(), environment);
      expect(ran.code).toBe(4);
      expect(ran.stderr).toMatch(
        /^sshfate: The certificate of PagerDuty at https:\/\/127\.0\.0\.1:\d+ cannot be verified \(\w+\)\. When its authority is your own, name the file with it in NODE_EXTRA_CA_CERTS\.\n$/,
      );
      expect(authorizations).toEqual([]);
    });
    it('believes an authority of NODE_EXTRA_CA_CERTS', async () => {
      const ran = await runTicket(words(), { ...environment, NODE_EXTRA_CA_CERTS: certificate });
      expect(ran).toMatchObject({ code: 0, stdout: 'incident PABCDEF: comment added\n' });
      expect(authorizations[0]).toBe('Token token=Very-S3cret');
    });
    it('refuses to do without certificates', async () => {
      const ran = await runTicket(words(), { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' });
      expect(ran.code).toBe(2);
      expect(authorizations).toEqual([]);
    });
  });
});
