import { describe, expect, it } from 'vitest';
import { scanner } from '../../../src/diagnosis/patterns/scanner.ts';
import { found, foundIn, many } from './seen.ts';

describe('scanner', () => {
  it('is found where one source tries ten servers', () => {
    const [finding] = found(
      scanner,
      many(12, (i) => ({ fate: 'rst-after-syn', to: `10.9.0.${i}`, lasts: 0 })),
    );
    expect(finding).toMatchObject({
      title: '10.0.0.1 scans: 12 servers, no login',
      severity: 'info',
      sessions: 12,
      fate: 'rst-after-syn',
    });
    expect(finding?.examples).toHaveLength(5);
  });

  it('counts ports, too', () => {
    const [finding] = found(
      scanner,
      many(10, (i) => ({ fate: 'rst-after-syn', port: 2200 + i })),
    );
    expect(finding?.title).toContain('servers and ports (10 ports)');
  });

  it('does not take somebody with logins for a scanner', () => {
    expect(
      found(
        scanner,
        many(20, (i) => ({ fate: i === 0 ? 'completed' : 'rst-after-syn', to: `10.9.0.${i}` })),
      ),
    ).toEqual([]);
  });

  it('is not found where one server is tried often', async () => {
    expect(
      found(
        scanner,
        many(50, () => ({ fate: 'rst-after-syn' })),
      ),
    ).toEqual([]);
    expect(await foundIn(scanner, 'rst-before-banner-connect-scan.client.pcap')).toEqual([]);
  });
});
