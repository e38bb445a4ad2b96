import { describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import type { Exchange } from '../../src/compare/exchange.ts';
import { compareCaptures } from '../../src/index.ts';

async function exchangeOf(name: string): Promise<Exchange> {
  let exchange: Exchange | undefined;
  await compareCaptures([inCaptures(`${name}.server.pcap`), inCaptures(`${name}.client.pcap`)], {
    onSession: (_, packets) => {
      exchange ??= packets();
    },
  });
  return exchange as Exchange;
}

describe('the packets between two captures', () => {
  it('have the client’s capture first, and a forged reset that begins between them', async () => {
    const name = 'close-during-kex-forged-reset-to-client';
    const { captures, packets } = await exchangeOf(name);
    expect(captures).toEqual([inCaptures(`${name}.client.pcap`), inCaptures(`${name}.server.pcap`)]);
    const forged = packets.filter(({ course }) => course === 'inserted');
    expect(forged).toEqual([
      expect.objectContaining({ from: 'server', what: 'RST', decisive: true, second: undefined }),
    ]);
    expect(forged[0]?.first?.packet).toBeGreaterThan(3);
  });

  it('have lost ones that end between them', async () => {
    const { packets } = await exchangeOf('stalled-during-kex-path-mtu');
    const lost = packets.filter(({ course }) => course === 'lost');
    expect(lost.length).toBeGreaterThan(2);
    for (const one of lost) expect(one).toMatchObject({ from: 'client', second: undefined });
  });

  it('are called by what they brought', async () => {
    const { packets } = await exchangeOf('completed');
    expect(packets.map(({ what }) => what).slice(0, 4)).toEqual([
      'SYN',
      'SYN-ACK',
      expect.stringMatching(/^identification string \(\d+ bytes\)$/),
      expect.stringMatching(/^identification string/),
    ]);
  });

  it('come in the order of time, at either capture later than where they were sent', async () => {
    const { packets } = await exchangeOf('completed');
    const times = packets.map(({ sinceStartNs }) => sinceStartNs);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    for (const { from, first, second } of packets) {
      const [sent, received] = from === 'client' ? [first, second] : [second, first];
      expect(received?.sinceStartNs).toBeGreaterThanOrEqual(sent?.sinceStartNs ?? 0);
    }
  });

  it('of a long session are the first and the last ones, and how many are left out', async () => {
    const { packets, left, firstKept } = await exchangeOf('completed-scp');
    expect(left).toBeGreaterThan(0);
    expect(packets.length).toBeGreaterThan(firstKept);
    expect(packets.at(-1)?.what).toMatch(/FIN|ACK/);
  });
});
