import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  /** Of a JSON body. */
  readonly json: unknown;
  /** Of a multipart body: fields as text, files as name, type and bytes. */
  readonly form: Readonly<Record<string, string | { name: string; type: string; bytes: Buffer }>>;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  /** The connection is closed instead, once the request was read. */
  readonly cut?: boolean;
  readonly afterMs?: number;
  /** Goes on sending this without an end. */
  readonly endless?: string;
}

export type Route = (request: SeenRequest) => FakeAnswer | undefined;

export interface FakeSystem {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** `POST /path` of what was seen, queries left out. */
  lines(): string[];
  /** The system's own routes, for a trouble that comes after the fact. */
  readonly route: Route;
  /** Asked first; what it does not answer goes to the system's own routes. */
  trouble: Route | undefined;
  stop(): Promise<void>;
}

/** A server on loopback that answers as a ticket system's documentation says, by `routes`. */
export async function startFakeSystem(routes: Route): Promise<FakeSystem> {
  const fake = {
    url: '',
    route: routes,
    seen: [] as SeenRequest[],
    trouble: undefined as Route | undefined,
    lines: () => fake.seen.map(({ method, path }) => `${method} ${path}`),
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server: Server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming);
    fake.seen.push(request);
    const answer = fake.trouble?.(request) ??
      routes(request) ?? { status: 404, json: { message: 'no such route' } };
    if (answer.afterMs !== undefined)
      await new Promise((resolve) => setTimeout(resolve, answer.afterMs).unref());
    if (answer.cut) {
      incoming.socket.destroy();
      return;
    }
    const isJson = answer.json !== undefined;
    outgoing.writeHead(answer.status ?? 200, {
      ...(isJson && { 'content-type': 'application/json' }),
      ...answer.headers,
    });
    if (answer.endless !== undefined) {
      const send = (): void => {
        while (!outgoing.destroyed && outgoing.write(answer.endless));
      };
      outgoing.on('drain', send);
      outgoing.on('error', () => {});
      send();
      return;
    }
    outgoing.end(isJson ? JSON.stringify(answer.json) : (answer.text ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://fake.invalid');
  const type = incoming.headers['content-type'] ?? '';
  return {
    method: incoming.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: incoming.headers,
    bytes,
    json: type.startsWith('application/json') ? JSON.parse(bytes.toString('utf8')) : undefined,
    form: type.startsWith('multipart/form-data') ? await formOf(bytes, type) : {},
  };
}

async function formOf(bytes: Buffer, type: string): Promise<SeenRequest['form']> {
  const form: Record<string, SeenRequest['form'][string]> = {};
  const parsed = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  for (const [name, value] of parsed.entries()) {
    form[name] =
      typeof value === 'string'
        ? value
        : { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) };
  }
  return form;
}
