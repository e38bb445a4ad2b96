import { isIP } from 'node:net';
import { UsageError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes: `500k`, `100M`, `2G`; a bare number is bytes. */
export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]?)B?$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  if (!(bytes >= 1)) throw new UsageError(`'${text}' is no size. Give one as in 500k, 100M or 2G.`);
  return bytes;
}

export interface ListenAddress {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9108`, `[::1]:9108`; a bare port is on the loopback address. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '127.0.0.1';
  const port = Number(portText);
  if (
    portText === undefined ||
    port < 1 ||
    port > 65_535 ||
    isIP(host === 'localhost' ? '127.0.0.1' : host) === 0
  ) {
    throw new UsageError(
      `'${text}' is no address to listen on. Give one as in 127.0.0.1:9108 or [::1]:9108.`,
    );
  }
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}

/** http or https, without a password: what stands on a command line is seen by others. */
export function parseWebAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UsageError(`'${text}' is no web address. Give one as in https://host.example.org/path.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'The address holds a name or password. Leave it out, and put a token into SSHFATE_WEBHOOK_TOKEN or a file.',
    );
  }
  return url;
}
