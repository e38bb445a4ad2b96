import { describe, expect, it } from 'vitest';
import {
  CREDENTIAL_LINES,
  parseAttach,
  parseFindingIds,
  parseSize,
  parseSystem,
  TICKET_SYSTEM_IDS,
} from '../../src/cli/ticket-options.ts';
import { TICKET_SYSTEMS } from '../../src/tickets/catalogue.ts';

describe('The options of ticket', () => {
  it('know every system', () => {
    expect(Object.keys(TICKET_SYSTEMS)).toEqual([...TICKET_SYSTEM_IDS]);
    expect(parseSystem('jira-cloud')).toBe('jira-cloud');
    expect(() => parseSystem('githup')).toThrow("'githup' is no ticket system. Did you mean github?");
  });
  it('know where the credential of every system comes from', () => {
    const text = CREDENTIAL_LINES.join('\n');
    for (const { variable, credential } of Object.values(TICKET_SYSTEMS)) {
      expect(text).toContain(`${variable}_CREDENTIALS `);
      expect(text).toContain(credential.example);
    }
  });
  it.each([
    ['20MB', 20_000_000],
    ['512KiB', 524_288],
    ['1.5 MB', 1_500_000],
    ['1000000', 1_000_000],
    ['0', 0],
    ['2gb', 2_000_000_000],
  ])('read %s as a size', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
  it.each(['', 'MB', '-5MB', '5 apples', '1e9', '0x10'])('take %j for no size', (text) => {
    expect(() => parseSize(text)).toThrow(`'${text}' is no size. Give one as in 20MB, 512KiB or 1000000.`);
  });
  it('read what is attached, and which findings', () => {
    expect(parseAttach('report, evidence')).toEqual(['report', 'evidence']);
    expect(parseAttach('none')).toEqual([]);
    expect(() => parseAttach('reprot')).toThrow("'reprot' is no kind of file.");
    expect(parseFindingIds('f3f65ffcae,0123456789')).toEqual(['f3f65ffcae', '0123456789']);
    expect(() => parseFindingIds('outage')).toThrow(
      "'outage' is no finding. 'sshfate analyze -f json' has their ids.",
    );
  });
});
