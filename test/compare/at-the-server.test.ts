import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { type CapturedPacket, putTogether, takeApart } from '../lab/altered.ts';
import { withFartherServer } from './two-ends.ts';

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
    // None of the server's packets tells where the second capture was taken.
    expect(verdict).toMatchObject({ place: 'server', cause: { id: 'filtered', confidence: 'possible' } });
    expect(verdict?.between).toEqual({ after: server });
    expect(verdict?.summary).toMatch(
      /^Nothing answered 6 SYNs to 198\.51\.100\.20:22\. All 6 SYNs came to .*server\.pcap, and no answer came back there\. No packet of the server is in .*server\.pcap, so nothing tells whether it was taken at the server\./,
    );
    expect(verdict?.summary).not.toMatch(/the host is down|address is wrong/);
    const steps = verdict?.nextSteps?.join('\n') ?? '';
    expect(verdict?.nextSteps?.[0]).toContain('`iptables -L INPUT -n -v`');
    expect(steps).toMatch(/if .*server\.pcap was not taken there, `tcpdump -ni any -w server\.pcap/);
    expect(steps).toContain('`ip route get 192.0.2.10`');
    expect(steps).toContain('rp_filter');
    expect(steps).not.toMatch(/On the firewalls between|ping/);
  });

  it('are not blamed on the server where its other packets show routers behind that capture', async () => {
    const router = inCaptures(SYNS[1]);
    const verdict = await verdictOf(inCaptures(SYNS[0]), router);
    expect(verdict).toMatchObject({ place: 'unknown', cause: { id: 'filtered', confidence: 'likely' } });
    expect(verdict?.between).toEqual({ after: router });
    expect(verdict?.summary).toMatch(
      /the server is up, .* All 6 SYNs came to .* Hop limits show 1 router between .*router\.pcap and the server, so it was taken on the way: it is the server, or something on the path/,
    );
    // What tells the two apart comes first, then each of them; a ban is the server's.
    const steps = verdict?.nextSteps ?? [];
    expect(steps[0]).toMatch(/^On the server: `tcpdump -ni any -w server\.pcap/);
    expect(steps[1]).toMatch(/^On the router between .*`iptables -L FORWARD -n -v`/);
    expect(steps[2]).toContain('fail2ban-client set sshd unbanip 192.0.2.11');
  });

  it('are blamed on the server or its link where another session shows no router behind that capture', async () => {
    const files = ['client', 'server'].map((side) => {
      const syns = takeApart(readFileSync(alone(`no-syn-ack-backlog-full.${side}.pcap`, 41946))) ?? [];
      const healthy = takeApart(readFileSync(inCaptures(`completed.${side}.pcap`))) ?? [];
      const earlier = (syns[0]?.time ?? 0) - 10e6 - (healthy[0]?.time ?? 0);
      const file = path.join(folder, `after-a-healthy-one.${side}.pcap`);
      const shifted = healthy.map((packet) => ({ ...packet, time: packet.time + earlier }));
      writeFileSync(file, putTogether([...shifted, ...syns]));
      return file;
    });
    const { sessions } = await compareCaptures(files);
    const verdict = sessions.find(({ seen }) => seen[0]?.client.port === 41946)?.verdict;
    expect(verdict).toMatchObject({ place: 'server', cause: { id: 'filtered', confidence: 'likely' } });
    expect(verdict?.between).toBeUndefined();
    expect(verdict?.summary).toMatch(
      /Hop limits show no router between .*server\.pcap and the server: its own firewall drops the SYNs/,
    );
    expect(verdict?.nextSteps?.join('\n')).not.toMatch(/FORWARD|tcpdump -ni any -w/);
  });

  it('name no capture where nothing tells which one is nearer', async () => {
    const client = takeApart(readFileSync(alone(SYNS[0], 39099))) ?? [];
    const files = ['one', 'other'].map((name, n) => {
      const file = path.join(folder, `${name}.pcap`);
      writeFileSync(file, putTogether(client.map((packet) => ({ ...packet, time: packet.time + n * 40 }))));
      return file;
    });
    const verdict = await verdictOf(...files);
    expect(verdict).toMatchObject({ place: 'unknown', cause: { id: 'filtered', confidence: 'possible' } });
    expect(verdict?.between).toBeUndefined();
    expect(verdict?.summary).toMatch(
      /came to one\.pcap and other\.pcap, .* so nothing tells where on the way/,
    );
    const turned = await verdictOf(...[...files].reverse());
    expect(turned?.summary).toBe(verdict?.summary);
  });

  it('are not said to where some of them did not', async () => {
    const verdict = await verdictOf(alone(SYNS[0], 39099), alone(SYNS[1], 39099, 4));
    expect(verdict?.summary).not.toMatch(/came to|arrived at/);
  });
});

describe("a firewall's reset that came to the capture nearest to the server without a router in between", () => {
  const files = (change = same) =>
    ['client', 'server'].map((side) => {
      const file = path.join(folder, `${side}.pcap`);
      const packets =
        takeApart(readFileSync(inCaptures(`rst-after-syn-by-host-firewall.${side}.pcap`))) ?? [];
      writeFileSync(file, putTogether(change(packets)));
      return file;
    });
  const same = (packets: readonly CapturedPacket[]) => packets;

  it('is looked for on the server, or on the device where that capture was taken', async () => {
    const [client, server] = files();
    const verdict = await verdictOf(client as string, server as string);
    expect(verdict).toMatchObject({
      ...{ place: 'server', between: { after: server } },
      cause: { id: 'rejected-by-firewall', confidence: 'possible' },
    });
    expect(verdict?.summary).toMatch(
      /the firewall is the server's own; if it was taken on a router, it is that router's/,
    );
    expect(verdict?.summary).not.toContain('is real');
    expect(verdict?.nextSteps?.[0]).toMatch(/^On the server: `nft -a list ruleset/);
    expect(verdict?.nextSteps?.at(-1)).toMatch(/^If server\.pcap was taken on a router: there/);
  });

  it('that has come over a router is the server’s or that of a device up to it', async () => {
    const [client, server] = files((packets) => withFartherServer(packets, { port: 22, routers: 2 }));
    const verdict = await verdictOf(client as string, server as string);
    expect(verdict).toMatchObject({
      ...{ place: 'unknown', between: { after: server } },
      cause: { id: 'rejected-by-firewall', confidence: 'likely' },
    });
    expect(verdict?.summary).toContain('The reset came to server.pcap over 2 routers');
    expect(verdict?.nextSteps?.[0]).toMatch(/^On each router between server\.pcap and the server/);
  });
});
