import { createServer } from 'node:net';

/** A port of loopback that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Until something answers there with HTTP, whatever it says. */
export async function untilUp(url: string, log: () => string): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    try {
      await (await fetch(url)).text();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  throw new Error(`Nothing answers at ${url}.\n${log()}`);
}
