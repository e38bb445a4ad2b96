import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TICKET_SYSTEMS } from '../../src/tickets/catalogue.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

describe.each(Object.entries(TICKET_SYSTEMS))('%s', (id, system) => {
  it('takes the ticket that its own example is, and no path, query or quote as one', () => {
    expect(system.ticket.example).toMatch(system.ticket.pattern);
    // A webhook's is not part of an address.
    const paths = id === 'webhook' ? [] : ['../x#1', 'a/..#1'];
    for (const other of [
      '',
      ' ',
      `${system.ticket.example}
`,
      `../${system.ticket.example} `,
      'x y',
      ...paths,
    ]) {
      expect(other).not.toMatch(system.ticket.pattern);
    }
  });
  it('has a row in the README', () => {
    const example = id === 'webhook' ? 'anything' : `\`${system.ticket.example}\``;
    expect(readme).toContain(`| \`${id}\` | ${example} |`);
  });
});
