import { describe, expect, it } from 'vitest';
import { CONNECT_ERRORS, CONNECT_MESSAGES, icmpConnectError } from '../../src/diagnosis/connect-messages.ts';

describe('messages of connect', () => {
  it('knows which ICMP error gives which error of connect', () => {
    const error = (ipVersion: 4 | 6, type: number, code: number) =>
      icmpConnectError({ ipVersion, type, code });
    expect(error(4, 3, 3)).toBe('refused');
    expect(error(4, 3, 13)).toBe('noRoute');
    expect(error(6, 1, 1)).toBe('denied');
    expect(error(6, 1, 4)).toBe('refused');
    expect(error(4, 11, 0)).toBe('noRoute');
    expect(error(4, 3, 4)).toBeUndefined();
  });

  it('are printed by each client, with its pattern', () => {
    for (const program of ['OpenSSH', 'PuTTY', 'dropbear']) {
      const own = CONNECT_MESSAGES.filter((message) => message.program === program);
      // PuTTY says of a reset during connect the same as of a later one.
      expect(own).toHaveLength(Object.keys(CONNECT_ERRORS).length - (program === 'PuTTY' ? 1 : 0));
      for (const { text, pattern } of own) {
        expect(text.replace('HOST', '10.0.0.1').replace('PORT', '22')).toMatch(pattern);
      }
    }
  });
});
