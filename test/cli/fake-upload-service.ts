import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface FakeUploadService {
  readonly url: string;
  readonly seen: SeenRequest[];
  stop(): Promise<void>;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is. */
  readonly body: unknown;
}

/** A service on loopback that answers as it is told; undefined cuts the connection. */
export async function startFakeUploadService(
  answer: (request: SeenRequest) => FakeAnswer | undefined,
): Promise<FakeUploadService> {
  const seen: SeenRequest[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks) };
    seen.push(one);
    const answered = answer(one);
    if (answered === undefined) return void response.destroy();
    response.writeHead(answered.status ?? 200, { 'Content-Type': 'application/json', ...answered.headers });
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const ME = {
  authenticated: true,
  tokensRequired: false,
  version: '1.0.0',
  limits: { maxUploadBytes: 1e7 },
};
