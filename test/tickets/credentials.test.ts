import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { type CredentialSources, commandWords, readCredential } from '../../src/tickets/credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'sshfate-credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

async function read(sources: Partial<CredentialSources>): Promise<string | undefined> {
  return (
    await readCredential({ environment: {}, variable: 'SSHFATE_RT_CREDENTIALS', ...sources })
  )?.reveal();
}

describe('A credential', () => {
  it('comes from the environment, or is not there', async () => {
    expect(await read({ environment: { SSHFATE_RT_CREDENTIALS: 'root:secret' } })).toBe('root:secret');
    expect(await read({ environment: { SSHFATE_RT_CREDENTIALS: '' } })).toBeUndefined();
    expect(await read({})).toBeUndefined();
  });
  it('comes from a file of mode 0600 or 0400, before the environment', async () => {
    const environment = { SSHFATE_RT_CREDENTIALS: 'other' };
    expect(await read({ file: file('a', 'token\n'), environment })).toBe('token');
    expect(await read({ file: file('b', '  user:pass word\r\n\n', 0o400) })).toBe('user:pass word');
  });
  it.each([0o644, 0o640, 0o604, 0o620, 0o602, 0o601, 0o666])(
    'is refused from a file of mode %o',
    async (mode) => {
      await expect(read({ file: file('open', 'token', mode) })).rejects.toThrow(
        /^Others may read or change the credentials file '.*open' \(mode 0\d{3}\)\. Run: chmod 600 '/,
      );
    },
  );
  it('is refused through a link to a file that others may read', async () => {
    const link = join(folder, 'link');
    symlinkSync(file('target', 'token', 0o644), link);
    await expect(read({ file: link })).rejects.toThrow('Others may read');
  });
  it('is refused from a folder, and from nowhere', async () => {
    mkdirSync(join(folder, 'folder'), { mode: 0o700 });
    await expect(read({ file: join(folder, 'folder') })).rejects.toThrow('is no file');
    await expect(read({ file: join(folder, 'nowhere') })).rejects.toThrow('cannot be opened (ENOENT)');
  });
  it.each([
    ['nothing', ''],
    ['two lines', 'one\nzyx\n'],
    ['a large file', 'x'.repeat(20_000)],
    ['a control character', 'xyz\u0007zyx'],
  ])('is refused when there is %s, and not told', async (_, text) => {
    const failed = read({ file: file('bad', text) });
    await expect(failed).rejects.toThrow(/in the file '.*bad'/);
    await expect(failed).rejects.not.toThrow(/one\n|xxxx|zyx/);
  });
  it('comes from a command that is run without a shell', async () => {
    expect(await read({ command: `printf %s $HOME` })).toBe('$HOME');
    expect(await read({ command: `printf '%s' "a;b && c"` })).toBe('a;b && c');
  });
  it('is not waited for without an end', async () => {
    await expect(read({ command: 'sleep 30', commandTimeoutMs: 200 })).rejects.toThrow(
      "'sleep' gave no credential within 0.2 s",
    );
  });
  it('is refused from a command that fails, is not there, or prints without an end', async () => {
    await expect(read({ command: 'false' })).rejects.toThrow(
      "'false' of --credentials-command ended with code 1",
    );
    await expect(read({ command: '/nowhere/to/be/found x' })).rejects.toThrow('cannot be run (ENOENT)');
    await expect(read({ command: 'head -c 100000 /dev/zero' })).rejects.toThrow(
      'There is no credential in the output',
    );
    await expect(read({ command: ' ' })).rejects.toThrow('--credentials-command is empty');
  });
  it('comes from one source', async () => {
    await expect(read({ command: 'true', file: 'x' })).rejects.toThrow('Give one of them');
  });
  it('prints as stars by mistake', async () => {
    const secret = await readCredential({ environment: { X: 'hidden' }, variable: 'X' });
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain('hidden');
  });
});

describe('commandWords', () => {
  it('splits at spaces, and keeps what is quoted together', () => {
    expect(commandWords(`pass show 'my rt' "it's" a"b c"d`)).toEqual([
      'pass',
      'show',
      'my rt',
      "it's",
      'ab cd',
    ]);
    expect(commandWords('   ')).toEqual([]);
  });
});
