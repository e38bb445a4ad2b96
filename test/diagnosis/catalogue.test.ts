import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAUSES, causesOf } from '../../src/diagnosis/catalogue.ts';
import { FATES } from '../../src/fate/vocabulary.ts';

describe('the catalogue of causes', () => {
  it('has every id once, in the spelling of labels', () => {
    const ids = CAUSES.map((cause) => cause.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('finds a cause under each of its fates', () => {
    for (const cause of CAUSES) {
      expect(cause.fates.length).toBeGreaterThan(0);
      for (const fate of cause.fates) {
        expect(FATES).toContain(fate);
        expect(causesOf(fate)).toContainEqual(expect.objectContaining({ id: cause.id }));
      }
    }
  });

  it('has sshd look at its configuration first wherever it has it restarted or reloaded', () => {
    const folder = new URL('../../src/diagnosis/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const sources = files.filter((name) => name.endsWith('.ts'));
    const commands = sources.flatMap((name) =>
      Array.from(
        readFileSync(new URL(name, folder), 'utf8').matchAll(/.{0,11}systemctl (?:restart|reload) ssh\b/g),
        ([command]) => command,
      ),
    );
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) expect(command).toContain('sshd -t && systemctl');
  });
});
