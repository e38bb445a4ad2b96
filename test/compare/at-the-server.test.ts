import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { putTogether, takeApart } from '../lab/altered.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-at-the-server-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ethernet, IPv4 without options: where the source port is. */
const SOURCE_PORT = 34;

/** Only what one port of the client sent: the server answered nobody else. */
function alone(name: string, port: number, count = 99): string {
  const packets = takeApart(readFileSync(inCaptures(name))) ?? [];
  const file = path.join(folder, `${count}-${name}`);
  const own = packets.filter(({ bytes }) => bytes.readUInt16BE(SOURCE_PORT) === port).slice(0, count);
  writeFileSync(file, putTogether(own));
  return file;
}

const verdictOf = async (...files: readonly string[]) =>
  (await compareCaptures(files)).sessions.find(({ verdict }) => verdict.cause?.id !== 'banner-grab')?.verdict;

const SYNS = ['no-syn-ack-seen-in-between.client.pcap', 'no-syn-ack-seen-in-between.router.pcap'] as const;

describe('SYNs that all came to the capture nearest to the server', () => {
  it('are said to have arrived, and the steps are for that host', async () => {
    const [client, server] = ['client', 'server'].map((side) =>
      alone(`no-syn-ack-backlog-full.${side}.pcap`, 41946),
    );
    const verdict = await verdictOf(client as string, server as string);
    expect(verdict).toMatchObject({ place: 'server', cause: { id: 'filtered', confidence: 'likely' } });
    expect(verdict?.summary).toMatch(
      /^Nothing answered 6 SYNs to 198\.51\.100\.20:22\. All 6 SYNs arrived at .*server\.pcap, and no answer left there\./,
    );
    expect(verdict?.summary).not.toMatch(/the host is down|address is wrong/);
    const steps = verdict?.nextSteps?.join('\n') ?? '';
    expect(steps).toContain('`iptables -L INPUT -n -v`');
    expect(steps).toContain('`ip route get 192.0.2.10`');
    expect(steps).toContain('rp_filter');
    expect(steps).not.toMatch(/On the firewalls between|tcpdump -ni any|ping/);
  });

  it('leave what other sessions tell of the server: a ban', async () => {
    const verdict = await verdictOf(inCaptures(SYNS[0]), inCaptures(SYNS[1]));
    expect(verdict?.summary).toMatch(/the server is up, .* All 6 SYNs arrived at/);
    expect(verdict?.nextSteps?.[0]).toContain('fail2ban-client set sshd unbanip 192.0.2.11');
    expect(verdict?.nextSteps?.[1]).toContain('-L INPUT');
  });

  it('are not said to where some of them did not', async () => {
    const verdict = await verdictOf(alone(SYNS[0], 39099), alone(SYNS[1], 39099, 4));
    expect(verdict?.summary).not.toContain('arrived at');
  });
});

describe("a firewall's reset that came to the capture nearest to the server without a router in between", () => {
  it('is looked for on the server, not between', async () => {
    const [client, server] = ['client', 'server'].map((side) =>
      inCaptures(`rst-after-syn-by-host-firewall.${side}.pcap`),
    );
    const verdict = await verdictOf(client as string, server as string);
    expect(verdict).toMatchObject({ place: 'server', cause: { id: 'rejected-by-firewall' } });
    expect(verdict?.summary).toContain("the firewall is the server's own. The server’s RST is real");
    expect(verdict?.nextSteps?.[0]).toMatch(/^On the server: `nft -a list ruleset/);
    expect(verdict?.nextSteps?.join('\n')).not.toMatch(/between|traceroute|FORWARD/);
  });
});
