import { expect, it } from 'vitest';
import { listInterfaces } from '../../src/live/interfaces.ts';

it('lists the interfaces of this machine', () => {
  const loopback = listInterfaces().find(({ name }) => name === 'lo');
  expect(loopback?.addresses.some((address) => address.startsWith('127.'))).toBe(true);
  expect(loopback).toMatchObject({ link: 'loopback', mtu: expect.any(Number) });
});
