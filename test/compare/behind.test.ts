import { describe, expect, it } from 'vitest';
import { type Behind, behindWords, pathWords, placeBehind, sureBehind } from '../../src/compare/behind.ts';

const server = (routers: number | undefined): Behind => ({
  ...{ side: 'server', name: '/captures/fw.pcap', label: 'fw.pcap', routers },
});

describe('what is behind the capture nearest to the server', () => {
  it('is the server where no router is in between, or what is on its link', () => {
    expect(placeBehind(server(0))).toEqual({ place: 'server' });
    expect(behindWords(server(0), 'it sleeps')).toMatch(
      /no router between fw\.pcap and the server: it sleeps, or/,
    );
  });

  it('is the server or the path where routers are in between', () => {
    expect(placeBehind(server(2))).toEqual({ place: 'unknown', between: { after: '/captures/fw.pcap' } });
    expect(behindWords(server(2))).toMatch(/2 routers .*, so it was taken on the way: it is the server, or/);
    expect(pathWords(server(1))).toBe('It happens between fw.pcap and the server (1 router, by hop limits).');
  });

  it('is taken for the server where nothing tells, with both named', () => {
    expect(placeBehind(server(undefined))).toEqual({
      place: 'server',
      between: { after: '/captures/fw.pcap' },
    });
    expect(behindWords(server(undefined))).toMatch(
      /^No packet of the server is in fw\.pcap, .* anything from there/,
    );
  });

  it('is not told where it is not even known which capture is the nearest', () => {
    const all = { ...server(undefined), name: undefined, labels: ['a.pcap', 'b.pcap'] };
    expect(placeBehind(all)).toEqual({ place: 'unknown' });
    expect(behindWords(all)).toContain(
      'in a.pcap or b.pcap, so nothing tells where on the way they were taken',
    );
  });
});

it('what is behind the capture nearest to the client lies before that one', () => {
  expect(placeBehind({ ...server(1), side: 'client' }).between).toEqual({ before: '/captures/fw.pcap' });
});

it('what rests on an answer that did not come is never certain, and least so where the place is not known', () => {
  expect([0, 3, undefined].map((routers) => sureBehind(server(routers), 'certain'))).toEqual([
    'likely',
    'likely',
    'possible',
  ]);
  expect(sureBehind(server(0), 'possible')).toBe('possible');
});
