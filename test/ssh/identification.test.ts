import { describe, expect, it } from 'vitest';
import {
  isVersion1,
  parseIdentificationLine,
  readIdentificationLine,
  startsLikeIdentification,
} from '../../src/ssh/identification.ts';

describe('parseIdentificationLine', () => {
  it.each([
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10', '2.0', 'OpenSSH_9.2p1', 'Debian-2+deb12u10'],
    ['SSH-2.0-dropbear_2022.83', '2.0', 'dropbear_2022.83', undefined],
    ['SSH-1.99-Cisco-1.25', '1.99', 'Cisco-1.25', undefined],
    ['SSH-1.5-1.2.26', '1.5', '1.2.26', undefined],
    ['SSH-2.0-a  two spaces', '2.0', 'a', ' two spaces'],
    ['SSH-2.0-', '2.0', '', undefined],
    ['SSH-2.0', '2.0', '', undefined],
    ['SSH-', '', '', undefined],
  ])('splits %s', (text, protocolVersion, softwareVersion, comments) => {
    expect(parseIdentificationLine(text)).toMatchObject({
      text,
      protocolVersion,
      softwareVersion,
      comments,
      invalid: false,
    });
  });

  it.each(['SSH-2.0-a\0b', 'SSH-2.0-a\x1b[2Jb', 'SSH-2.0-\xe4'])('calls %j invalid', (text) => {
    expect(parseIdentificationLine(text).invalid).toBe(true);
  });
});

describe('readIdentificationLine', () => {
  it('gives the same instance for the same line', () => {
    const line = Buffer.from('xSSH-2.0-Seen_twice');
    const again = Buffer.from('SSH-2.0-Seen_twice');
    expect(readIdentificationLine(line, 1, line.length)).toBe(readIdentificationLine(again, 0, again.length));
  });
});

describe('startsLikeIdentification', () => {
  it('takes every beginning of SSH- and what follows it', () => {
    const starts = (text: string): boolean => startsLikeIdentification(Buffer.from(text), 0, text.length);
    expect(['', 'S', 'SSH', 'SSH-', 'SSH-2.0'].map(starts)).toEqual([true, true, true, true, true]);
    expect(['s', 'SSL', 'SSH 2', 'xSSH-'].map(starts)).toEqual([false, false, false, false]);
  });
});

describe('isVersion1', () => {
  it('is true for 1.x, but not for 1.99, which speaks 2.0', () => {
    expect(['1.5', '1.3', '1.99', '2.0', ''].map(isVersion1)).toEqual([true, true, false, false, false]);
  });
});
