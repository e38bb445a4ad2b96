import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { freePort } from './free-port.ts';

export interface Forwarder {
  readonly url: string;
  /** `GET /path`, in the order in which they came. */
  readonly seen: string[];
  stop(): Promise<void>;
}

/**
 * Stands between a client and a server, and counts. Before the answer to a request goes back, `onAnswer` may do
 * something about it; when it gives 'cut', the client gets none.
 */
export async function startForwarder(
  target: string,
  onAnswer: (seen: string) => 'pass' | 'cut' | Promise<'pass' | 'cut'>,
): Promise<Forwarder> {
  const port = await freePort();
  const seen: string[] = [];
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const line = `${incoming.method} ${incoming.url}`;
    seen.push(line);
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method ?? 'GET', headers: { ...incoming.headers, connection: 'close' } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', async () => {
          if ((await onAnswer(line)) === 'cut') {
            incoming.socket.destroy();
            return;
          }
          const headers = { ...answer.headers };
          delete headers['transfer-encoding'];
          outgoing.writeHead(answer.statusCode ?? 500, {
            ...headers,
            'content-length': Buffer.concat(chunks).length,
          });
          outgoing.end(Buffer.concat(chunks));
        });
      },
    );
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
