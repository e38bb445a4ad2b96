import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FindingEventDocument } from '../../src/webhook/event-document.ts';

export interface Received {
  readonly atMs: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly document: FindingEventDocument;
}

/** What is answered to a request: a status, and headers; or nothing at all. */
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string> }
  | 'silence'
  | 'hang-up';

export interface TestReceiver {
  readonly url: URL;
  readonly received: Received[];
  /** Ids of the findings, in the order in which they came. */
  readonly findings: () => string[];
  close(): Promise<void>;
}

/** A server on the loopback address that answers the n-th request, from 0, as it is told. */
export async function testReceiver(
  answer: (number: number, received: Received) => Answer | Promise<Answer> = () => ({ status: 204 }),
  port = 0,
): Promise<TestReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part: string) => {
      body += part;
    });
    request.on('end', async () => {
      const document = JSON.parse(body) as FindingEventDocument;
      const one = { atMs: performance.now(), headers: request.headers, body, document };
      received.push(one);
      const told = await answer(received.length - 1, one);
      if (told === 'silence') return;
      if (told === 'hang-up') request.socket.destroy();
      else response.writeHead(told.status, told.headers).end(told.status === 204 ? undefined : '{"a":1}');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/path-that-is-secret`),
    received,
    findings: () => received.map(({ document }) => document.finding.id),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
