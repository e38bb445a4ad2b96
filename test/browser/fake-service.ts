import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyze } from '../../src/cli/analyze.ts';
import { report } from '../../src/cli/report.ts';
import { compareCaptures } from '../../src/compare-captures.ts';
import { hostPort } from '../../src/diagnosis/cause-definition.ts';
import { byTelling, comparisonPage } from '../../src/report/comparison/comparison-page.ts';
import type { Incident } from '../../src/report/incident/incident.ts';
import { severityOf } from '../../src/report/severity.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { memoryTerminal } from '../cli/memory-terminal.ts';

/** The policy that the real service sends with the page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface FakeService {
  readonly url: string;
  /** With a token one has to sign in first. */
  token: string | undefined;
  /** Judges a file under a name, and gives the id. */
  add(name: string, bytes: Buffer): Promise<string>;
  /** Takes a verdict as it is. */
  put(name: string, incident: Incident, records: readonly SessionRecord[]): string;
  close(): Promise<void>;
}

interface Entry {
  readonly id: string;
  readonly file: string;
  readonly capture: Record<string, unknown> & { name: string; state: string; notes: string };
  incident?: Incident;
  records: SessionRecord[];
}

/** Answers as the API does, with what the command line says of real captures; for looks at the page alone. */
export async function startFakeService(pageFolder: string, folder: string): Promise<FakeService> {
  mkdirSync(folder, { recursive: true });
  const entries: Entry[] = [];
  const service = { token: undefined as string | undefined };

  async function judge(entry: Entry): Promise<void> {
    const outputs = { incident: `${entry.file}.json`, records: `${entry.file}.ndjson` };
    await report([entry.file], { output: outputs.incident }, memoryTerminal());
    const code = await analyze(
      [entry.file],
      { format: 'ndjson', output: outputs.records, limit: 10, color: false },
      memoryTerminal(),
    );
    if (code !== 0) {
      entry.capture.state = 'failed';
      entry.capture.error = {
        code: 'not-a-capture',
        message: 'This is no capture: it begins like neither pcap nor pcapng. Send what tcpdump -w wrote.',
      };
      return;
    }
    const named = (text: string) =>
      text.replaceAll(
        JSON.stringify(entry.file).slice(1, -1),
        JSON.stringify(entry.capture.name).slice(1, -1),
      );
    const incident = JSON.parse(named(readFileSync(outputs.incident, 'utf8'))) as Incident;
    entry.incident = incident;
    entry.records = named(readFileSync(outputs.records, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as SessionRecord);
    const [worst] = incident.findings;
    entry.capture.state = 'done';
    entry.capture.summary = {
      packets: incident.captures[0]?.packets ?? 0,
      sessions: incident.summary.sessions,
      failed: incident.failed,
      fates: incident.summary.fates,
      ...(worst && { worst: { severity: worst.severity, title: worst.title } }),
    };
  }

  /** Slow enough to be watched. */
  async function judgeSlowly(entry: Entry): Promise<void> {
    await sleep(150);
    entry.capture.state = 'analysing';
    entry.capture.progress = { bytes: 50, totalBytes: 100, packets: 7, sessions: 0 };
    await sleep(250);
    await judge(entry);
  }

  function stored(name: string, bytes: Buffer): Entry {
    const id = randomBytes(16).toString('base64url');
    const file = path.join(folder, `${id}.pcap`);
    writeFileSync(file, bytes);
    const capture = {
      id,
      name,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      uploadedAt: new Date().toISOString(),
      owner: 'local',
      ownerName: 'local',
      state: 'queued',
      queuePosition: 1,
      notes: '',
    };
    const entry: Entry = { id, file, capture, records: [] };
    entries.unshift(entry);
    return entry;
  }

  async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const no = (status: number, message: string, code = 'no') => json({ error: { code, message } }, status);
    const parts = url.pathname.split('/').slice(3);
    const query = url.searchParams;
    const page = <T>(list: readonly T[]): T[] => {
      const offset = Number(query.get('offset') ?? 0);
      return list.slice(offset, offset + Number(query.get('limit') ?? 50));
    };
    const isIn = service.token === undefined || request.headers.cookie === `session=${service.token}`;
    const what = `${request.method} ${parts[0]}${parts[2] === undefined ? '' : ` ${parts[2]}`}`;
    if (what === 'GET me') {
      json({
        authenticated: isIn,
        role: 'admin',
        name: 'local',
        tokensRequired: service.token !== undefined,
        version: '0.1.0',
        limits: { maxUploadBytes: 2 ** 31 },
      });
      return;
    }
    if (what === 'POST session') {
      const { token } = JSON.parse((await bodyOf(request)).toString()) as { token: string };
      if (token !== service.token) return no(401, 'This token is not known.');
      response.setHeader('set-cookie', `session=${token}; HttpOnly; SameSite=Strict; Path=/`);
      return json({});
    }
    if (!isIn) return no(401, 'Sign in first.', 'no-token');
    if (what === 'POST captures') {
      const entry = stored(query.get('name') ?? 'capture', await bodyOf(request));
      json(entry.capture, 201);
      void judgeSlowly(entry);
      return;
    }
    if (what === 'POST comparisons') {
      const { captures: ids } = JSON.parse((await bodyOf(request)).toString()) as { captures: string[] };
      const chosen = ids
        .map((id) => entries.find((entry) => entry.id === id))
        .filter((entry) => entry !== undefined);
      const comparison = await compareCaptures(chosen.map(({ file }) => file));
      const detailed = [...comparison.sessions].sort(byTelling);
      const shown = comparisonPage({
        comparison,
        listed: detailed,
        detailed,
        exchanges: new Map(),
        generator: 'sshfate 0.1.0',
      });
      let text = JSON.stringify({ comparison, page: shown });
      for (const { file, capture } of chosen)
        text = text.replaceAll(file, capture.name).replaceAll(path.basename(file), capture.name);
      return json(JSON.parse(text));
    }
    if (what === 'GET captures' && parts[1] === undefined) {
      const found = entries.filter(({ capture }) =>
        `${capture.name} ${capture.notes}`.includes(query.get('search') ?? ''),
      );
      return json({ total: found.length, captures: page(found.map(({ capture }) => capture)) });
    }
    if (what === 'GET search') {
      const found = entries
        .map((entry) => ({ capture: entry.capture, sessions: matching(entry, query) }))
        .filter(({ sessions }) => sessions.length > 0);
      return json({
        total: found.length,
        captures: page(
          found.map((each) => ({
            ...each,
            total: each.sessions.length,
            sessions: each.sessions.slice(0, 5),
          })),
        ),
      });
    }
    const entry = entries.find(({ id }) => id === parts[1]);
    if (entry === undefined) return no(404, 'There is no such capture.');
    switch (what) {
      case 'GET captures':
        return json(entry.capture);
      case 'PATCH captures':
        entry.capture.notes = (JSON.parse((await bodyOf(request)).toString()) as { notes: string }).notes;
        return json(entry.capture);
      case 'DELETE captures':
        entries.splice(entries.indexOf(entry), 1);
        response.writeHead(204).end();
        return;
      case 'POST captures analysis':
        entry.capture.state = 'queued';
        json(entry.capture, 202);
        void judgeSlowly(entry);
        return;
      case 'GET captures events': {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let last = '';
        while (!response.closed) {
          const now = JSON.stringify(entry.capture);
          if (now !== last) response.write(`event: capture\ndata: ${now}\n\n`);
          last = now;
          if (entry.capture.state === 'done' || entry.capture.state === 'failed') break;
          await sleep(40);
        }
        response.end();
        return;
      }
      case 'GET captures overview': {
        const rows = entry.records.map(rowOf);
        const facet = (key: 'fate' | 'cause' | 'server' | 'client') => {
          const counts = new Map<string, number>();
          for (const row of rows) {
            const value = key === 'client' ? row.client.replace(/:\d+$/, '') : row[key];
            if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
          }
          return [...counts]
            .map(([value, sessions]) => ({ value, sessions }))
            .sort((a, b) => b.sessions - a.sessions);
        };
        return json({
          incident: entry.incident,
          facets: {
            fates: facet('fate'),
            causes: facet('cause'),
            servers: facet('server'),
            clients: facet('client'),
          },
        });
      }
      case 'GET captures sessions': {
        if (parts[3] !== undefined) {
          const record = entry.records.find(({ session }) => session === Number(parts[3]));
          return record === undefined ? no(404, 'There is no such session.') : json(record);
        }
        const rows = matching(entry, query);
        const key = ({ number: 'session', duration: 'durationMs' }[query.get('sort') ?? ''] ??
          query.get('sort') ??
          'session') as keyof Row;
        rows.sort((a, b) => ((a[key] ?? '') < (b[key] ?? '') ? -1 : 1));
        if (query.get('order') === 'desc') rows.reverse();
        return json({ total: rows.length, sessions: page(rows) });
      }
      case 'GET captures evidence':
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment; filename="evidence.pcapng"',
        });
        response.end(readFileSync(entry.file));
        return;
      case 'POST captures ticket':
        return json({ ok: true, text: 'Would add a comment to ticket 1234 with 2 files.' });
      default:
        return no(404, 'There is no such thing.');
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/api/v1/')) {
      api(request, response, url).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
      return;
    }
    const asset = /^\/assets\/([\w.-]+)$/.exec(url.pathname)?.[1];
    const type = asset?.endsWith('.js')
      ? 'text/javascript'
      : asset?.endsWith('.css')
        ? 'text/css'
        : 'text/html';
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY });
    response.end(readFileSync(path.join(pageFolder, asset ?? 'index.html')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(service, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async add(name: string, bytes: Buffer): Promise<string> {
      const entry = stored(name, bytes);
      await judge(entry);
      return entry.id;
    },
    put(name: string, incident: Incident, records: readonly SessionRecord[]): string {
      const entry = stored(name, Buffer.from(name));
      Object.assign(entry, { incident, records });
      Object.assign(entry.capture, {
        state: 'done',
        summary: { packets: 1, sessions: records.length, failed: records.length, fates: {} },
      });
      return entry.id;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

type Row = ReturnType<typeof rowOf>;

function rowOf(record: SessionRecord) {
  const { session, start, durationMs, fate, stage, endedBy, cause, client, server } = record;
  return {
    session,
    start,
    durationMs,
    fate,
    stage,
    endedBy,
    cause: cause?.id,
    confidence: cause?.confidence,
    severity: severityOf(fate, cause?.id),
    client: hostPort(client),
    server: hostPort(server),
    clientSoftware: client.software,
    serverSoftware: server.software,
  };
}

function matching(entry: Entry, query: URLSearchParams): Row[] {
  const is = (name: string, value: string | undefined) => {
    const asked = query.get(name) ?? '';
    return asked === '' || asked.split(',').includes(value ?? '');
  };
  return entry.records
    .map(rowOf)
    .filter(
      (row) =>
        is('fate', row.fate) &&
        is('cause', row.cause) &&
        is('server', row.server) &&
        is('client', row.client.replace(/:\d+$/, '')),
    );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
