import { describe, expect, it } from 'vitest';
import { addressFilter } from '../../src/live/row-filter.ts';
import type { Connection } from '../../src/tcp/connection.ts';

const zero = { address0: 0, address1: 0, address2: 0, address3: 0 };
const named = (side: 'client' | 'server', words: Partial<typeof zero>, port: number) => {
  const all = Object.entries({ ...zero, ...words }).map(([word, value]) => [
    `${side}A${word.slice(1)}`,
    value,
  ]);
  return { ...Object.fromEntries(all), [`${side}Port`]: port };
};
const connection = (client: number, server: number): Connection =>
  ({
    ipVersion: 4,
    ...named('client', { address0: client }, 40000),
    ...named('server', { address0: server }, 22),
  }) as Connection;

describe('addressFilter', () => {
  it('looks for a part of either address, also after another server', () => {
    const connections = [
      connection(0x0a000001, 0x0a000002),
      connection(0x0a000003, 0x0a000002),
      connection(0x0a000003, 0x0a000009),
      connection(0x0a000001, 0x0a000002),
    ];
    const found = (text: string) => connections.map(addressFilter(text) ?? (() => undefined));
    expect(found('10.0.0.2:22')).toEqual([true, true, false, true]);
    expect(found('10.0.0.1:')).toEqual([true, false, false, true]);
    expect(found('0.9')).toEqual([false, false, true, false]);
  });

  it('is not asked for what is no part of an address', () => {
    for (const text of ['', 'openssh', 'beef', 'kex']) expect(addressFilter(text)).toBeUndefined();
  });
});
