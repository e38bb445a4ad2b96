import { expect, it } from 'vitest';
import { packetWords, withSeparators } from '../../src/compare/packet-words.ts';
import { packetsOf } from '../../src/compare/trace.ts';
import { type Line, traceOf } from './traces.ts';

it.each([
  [{ from: 'client', what: 'SYN' }, 'SYN'],
  [{ from: 'server', what: 'SYN-ACK' }, 'SYN-ACK'],
  [{ from: 'client', what: 'ACK' }, 'ACK'],
  [{ from: 'client', what: 'RST' }, 'RST'],
  [{ from: 'client', what: 'FIN' }, 'FIN'],
  [{ from: 'client', what: 'FIN', payload: 1 }, 'FIN with 1 byte'],
  [{ from: 'server', what: 'data', payload: 1448 }, '1,448 bytes'],
] as const)('%j is called %s', (line, words) => {
  const trace = traceOf([{ ...line, at: 0 } as Line]);
  expect(packetWords(trace.log, packetsOf(trace).all[0] as number)).toBe(words);
});

it('large numbers have separators', () => {
  expect([0, 999, 1000, 1234567].map(withSeparators)).toEqual(['0', '999', '1,000', '1,234,567']);
});
