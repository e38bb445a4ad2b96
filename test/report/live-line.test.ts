import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/report/document.ts';
import { findingLine, liveLine } from '../../src/report/live-line.ts';
import { plain } from '../../src/report/paint.ts';
import { HOSTILE, portClosed, reported } from './fixtures.ts';

describe('liveLine', () => {
  it('tells when, which, what, who and why', () => {
    const record = portClosed();
    const line = liveLine(reported(record), plain);
    expect(line).toContain(`${record.end.slice(11, 19)} #1`);
    expect(line).toContain(' rst-after-syn ');
    expect(line).toContain(`port-closed: ${record.cause?.summary}`);
  });

  it('says that a verdict replaces another one', () => {
    expect(liveLine({ ...reported(portClosed()), revision: 2 }, plain)).toContain('#1, now ');
  });

  it('obeys nothing that came off the wire', () => {
    const cause = { ...portClosed().cause, summary: HOSTILE } as never;
    const line = liveLine(reported(portClosed({ cause })), plain);
    expect(line).toMatch(/^[^\p{C}]*$/u);
  });
});

describe('findingLine', () => {
  it('tells what became of a finding', () => {
    const finding: Finding = {
      ...{ id: '0123456789', title: '10.0.0.2:22: refused', server: '10.0.0.2:22' },
      severity: 'medium',
      fate: 'rst-after-syn',
      ...{ firstSeen: '', lastSeen: '', sessions: 1200, clients: 1000 },
      ...{ clientsAtLeast: true, topClients: [], examples: [] },
    };
    expect(findingLine('grew', finding, plain)).toBe(
      'finding grew [0123456789, medium] 10.0.0.2:22: refused: 1,200 sessions of at least 1,000 clients',
    );
  });
});
