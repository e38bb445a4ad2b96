import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../../src/tickets/document.ts';
import { idAt, listAt, textAt } from '../../src/tickets/json-value.ts';
import { redmineText } from '../../src/tickets/markup/redmine-text.ts';
import { HOSTILE_TEXTS } from '../report/hostile-texts.ts';
import { startForwarder } from './forwarder.ts';
import { type RealRedmine, startRedmine, whyNoRedmine } from './real-redmine.ts';
import { CAPTURE, REPORT_AND_EVIDENCE, runTicket, startTicket } from './run-ticket.ts';

const why = whyNoRedmine();
if (why !== undefined) console.log(`Skipped: ${why}.`);

describe.skipIf(why !== undefined)('Redmine, the real one', { timeout: 120_000 }, () => {
  let server: RealRedmine;
  beforeAll(async () => {
    server = await startRedmine();
  }, 180_000);
  afterAll(() => server?.stop());

  async function newIssue(): Promise<string> {
    const answer = await server.request('POST', '/issues.json', {
      issue: { project_id: 'lab', subject: 'ssh does not work', description: 'see the capture' },
    });
    return idAt(await answer.json(), 'issue', 'id') ?? '';
  }

  interface File {
    readonly name: string;
    readonly size: number;
    readonly sha256: string;
  }

  async function read(issue: string): Promise<{ notes: string[]; files: File[] }> {
    const answer = await (
      await server.request('GET', `/issues/${issue}.json?include=journals,attachments`)
    ).json();
    const files: File[] = [];
    for (const file of listAt(answer, 'issue', 'attachments')) {
      const path = new URL(textAt(file, 'content_url') ?? '').pathname;
      const bytes = Buffer.from(await (await server.request('GET', path)).arrayBuffer());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      files.push({ name: textAt(file, 'filename') ?? '', size: bytes.length, sha256 });
    }
    const notes = listAt(answer, 'issue', 'journals').map((journal) => textAt(journal, 'notes') ?? '');
    return { notes: notes.filter((note) => note !== ''), files };
  }

  const words = (issue: string, url = server.url): string[] => [
    CAPTURE,
    '--to',
    'redmine',
    '--url',
    url,
    '--ticket',
    issue,
  ];
  const environment = (): Record<string, string> => ({ SSHFATE_REDMINE_CREDENTIALS: server.credential });

  it('holds the note and the files, byte for byte what a dry run shows', async () => {
    const issue = await newIssue();
    const dry = await runTicket([...words(issue), '--dry-run'], {});
    expect(await read(issue)).toEqual({ notes: [], files: [] });
    const ran = await runTicket(words(issue), environment());
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const { notes, files } = await read(issue);
    const shown = /\ntext 1:\n(<pre>\n[\s\S]*?\n<\/pre>)/.exec(dry.stdout)?.[1];
    expect(notes).toEqual([shown]);
    const named = [...dry.stdout.matchAll(/file '([^']+)', (\d+) bytes, SHA-256 ([0-9a-f]{64})/g)].map(
      ([, name = '', size, sha256 = '']) => ({ name, size: Number(size), sha256 }),
    );
    expect(named.map(({ name }) => name)).toEqual(REPORT_AND_EVIDENCE);
    expect(files).toEqual(named);
  });

  it('has one note after the second run, changed when there is something new, and no file twice', async () => {
    const issue = await newIssue();
    await runTicket([...words(issue), '--attach', 'none'], environment());
    const before = await read(issue);
    expect((await runTicket([...words(issue), '--attach', 'none'], environment())).stdout).toContain(
      'nothing new',
    );
    expect(await read(issue)).toEqual(before);
    expect((await runTicket(words(issue), environment())).stdout).toMatch(
      /comment updated, \d files? attached/,
    );
    expect((await runTicket([...words(issue), '--attach', 'none'], environment())).stdout).toContain(
      'comment updated',
    );
    expect((await runTicket(words(issue), environment())).stdout).toContain('comment updated\n');
    const after = await read(issue);
    expect(after.notes).toHaveLength(1);
    expect(after.notes).not.toEqual(before.notes);
    expect(new Set(after.files.map(({ name }) => name)).size).toBe(after.files.length);
  });

  it.each([
    ['the upload of the report', (seen: string) => seen.startsWith('POST /uploads.json?filename=ssh-report')],
    [
      'the upload of the evidence',
      (seen: string) => seen.startsWith('POST /uploads.json?filename=ssh-evidence'),
    ],
    ['the note', (seen: string) => seen.startsWith('PUT /issues')],
  ])('has one of each after the program was killed when %s was done but not answered', async (_, isIt) => {
    const issue = await newIssue();
    let kill = (): void => {};
    const forwarder = await startForwarder(server.url, (seen) => {
      if (!isIt(seen)) return 'pass';
      kill();
      return 'cut';
    });
    try {
      const first = startTicket(words(issue, forwarder.url), environment());
      kill = first.kill;
      expect((await first.ran).code).toBeUndefined();
    } finally {
      await forwarder.stop();
    }
    expect((await runTicket(words(issue), environment())).code).toBe(0);
    const { notes, files } = await read(issue);
    expect(notes).toHaveLength(1);
    expect(files.map(({ name }) => name)).toEqual(REPORT_AND_EVIDENCE);
  });

  it('gets one new issue from --create, however often that is run', async () => {
    const create = [CAPTURE, '--to', 'redmine', '--url', server.url, '--create', '--project', 'lab'];
    const first = await runTicket(create, environment());
    const id = /^issue #(\d+) opened: comment added/.exec(first.stdout)?.[1];
    expect((await runTicket(create, environment())).stdout).toBe(
      `issue #${id}: nothing new, comment left as it is\n`,
    );
  });

  it('says itself that a key is wrong, and that an issue is missing', async () => {
    const issue = await newIssue();
    const wrong = await runTicket(words(issue), { SSHFATE_REDMINE_CREDENTIALS: '0123456789abcdef' });
    expect(wrong).toMatchObject({ code: 4, stdout: '' });
    expect(wrong.stderr).toContain('answered 401');
    expect((await runTicket(words('999999'), environment())).stderr).toContain(
      'answered 404 to the request to read issue 999999',
    );
  });

  it('makes nothing of a hostile text, whichever of its three formats it reads', async () => {
    const issue = await newIssue();
    const items = [...HOSTILE_TEXTS, ...REDMINE_TEXTS].map((hostile) => [text(`"${hostile}" ${hostile}`)]);
    const body = redmineText.write(
      [
        { kind: 'list', ordered: false, items },
        ...items.map((item) => ({ kind: 'paragraph', text: item }) as const),
        { kind: 'table', header: ['a', 'b'], rows: items.map((item) => [item, item]) },
      ],
      'sshfate:1:0:0',
    );
    await server.request('PUT', `/issues/${issue}.json`, { issue: { notes: body } });
    // As the issue's page renders it, with links, mentions and macros; and the same of a text that is not escaped.
    const rendered = server.ruby(`
journal = Issue.find(${issue}).journals.last
%w(textile markdown common_mark).each do |format|
  Setting.text_formatting = format
  controller = ApplicationController.new
  controller.request = ActionDispatch::TestRequest.create
  [journal.notes, '@admin #${issue} https://x.example/'].each do |notes|
    journal.notes = notes
    puts '===='
    puts controller.helpers.textilizable(journal, :notes)
    puts '----'
    puts journal.send(:scan_for_mentioned_users, notes).reject(&:empty?).join(' ')
  end
  journal.reload
end
Setting.text_formatting = 'textile'
`);
    const formats = rendered.split('====\n').slice(1);
    expect(formats).toHaveLength(6);
    for (const [index, format] of formats.entries()) {
      const [html = '', mentions = ''] = format.split('\n----\n');
      const tags = [...html.matchAll(/<\/?[a-z][^>]*>/g)].map(([tag]) => tag);
      const others = tags.filter((tag) => !/^<\/?(?:pre|code)(?: class="[a-z ]*")?>$/.test(tag));
      if (index % 2 === 0) expect([others, mentions.trim()]).toEqual([[], '']);
      else {
        expect(others.filter((tag) => tag.startsWith('<a '))).toHaveLength(3);
        expect(mentions.trim()).toBe('admin');
      }
    }
  });

  // The last one: Redmine keeps the setting.
  it('says itself that a file is too large, and has nothing of it', async () => {
    const issue = await newIssue();
    server.ruby("Setting.attachment_max_size = '1'");
    const large = await runTicket(words(issue), environment());
    expect(large).toMatchObject({ code: 4, stdout: '' });
    expect(large.stderr).toMatch(
      /answered 422 to the request to upload 'ssh-report\.[0-9a-f]{12}\.html': "This file cannot be uploaded because it exceeds the maximum/,
    );
    expect(await read(issue)).toEqual({ notes: [], files: [] });
  });
});

/** What only Redmine makes something of. */
const REDMINE_TEXTS = [
  '</pre> #1 @admin {{macro_list}}',
  '~~~~~~~~',
  '~~~~~~~~\n# x',
  '{{macro_list}} !{{x}} {{include(x)}}',
  'r1 commit:abcdef source:x document#1 version:1 attachment:x user:admin user#1 @admin, @admin.',
  '[[Wiki]] [[lab:Wiki|x]] project:lab lab:r1',
  'h1. x',
  'bq. x',
  '"link":https://evil.example !https://evil.example/x.png!',
  '%{color:red}x% @code@ <notextile>x</notextile>',
];
