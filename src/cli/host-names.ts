import { isIPv6 } from 'node:net';
import { isLoopback } from '../metrics/metrics-server.ts';
import type { Service } from '../web/service.ts';

/** The names by which a service may be called: its address, those of this machine, and those that were given for it. */
export function hostNames(
  listenHost: string,
  given: readonly string[],
): Pick<Service, 'isOwnHost' | 'isGivenName'> {
  const address = asInUrls(listenHost);
  const names = new Set(given.map(asInUrls));
  return {
    isOwnHost(host) {
      if (!URL.canParse(`http://${host}`)) return false;
      const { host: withPort, hostname } = new URL(`http://${host}`);
      return (
        hostname === 'localhost' ||
        isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) ||
        hostname === address ||
        names.has(hostname) ||
        names.has(withPort)
      );
    },
    isGivenName: (host) => names.has(host),
  };
}

/** As browsers write it: in lower case, an IPv6 address in its shortest form and in brackets. */
function asInUrls(name: string): string {
  const url = `http://${isIPv6(name) ? `[${name}]` : name}`;
  return URL.canParse(url) ? new URL(url).host : name;
}
