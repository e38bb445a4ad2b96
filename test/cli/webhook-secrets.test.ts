import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { webhookSecrets } from '../../src/cli/webhook-secrets.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, mode = 0o600): string {
  const name = path.join(folder, `token-${mode.toString(8)}`);
  writeFileSync(name, text);
  chmodSync(name, mode);
  return name;
}

describe('the token', () => {
  test('comes from the environment, and is taken out of it', () => {
    const environment = {
      SSHFATE_WEBHOOK_TOKEN: 'abc',
      SSHFATE_WEBHOOK_SECRET: 'x'.repeat(16),
      PATH: '/bin',
    };
    expect(webhookSecrets(undefined, environment)).toEqual({
      token: 'abc',
      secret: Buffer.from('x'.repeat(16)),
    });
    expect(environment).toEqual({ PATH: '/bin' });
    expect(webhookSecrets(undefined, {})).toEqual({ token: undefined, secret: undefined });
  });

  test('comes from a file before the environment, without its line end', () => {
    const environment = { SSHFATE_WEBHOOK_TOKEN: 'abc' };
    expect(webhookSecrets(file('from-file\n'), environment).token).toBe('from-file');
    expect(environment).toEqual({});
    expect(webhookSecrets(file('from-file', 0o400), {}).token).toBe('from-file');
  });

  test.each([0o640, 0o604, 0o644, 0o660, 0o602, 0o777])('is refused in a file of mode %o', (mode) => {
    const name = file('hidden-words', mode);
    expect(() => webhookSecrets(name, {})).toThrow(
      `The token file '${name}' can be read by others (mode ${mode.toString(8).padStart(4, '0')}). Take that away: chmod 600 '${name}'`,
    );
  });

  test('may be a credential of systemd, which an access control list makes look like the group’s', () => {
    const name = file('credential', 0o440);
    expect(webhookSecrets(name, { CREDENTIALS_DIRECTORY: folder }).token).toBe('credential');
    expect(() => webhookSecrets(name, { CREDENTIALS_DIRECTORY: '/run/credentials/other' })).toThrow(
      'mode 0440',
    );
    expect(() => webhookSecrets(file('credential', 0o444), { CREDENTIALS_DIRECTORY: folder })).toThrow(
      'mode 0444',
    );
  });

  test('that no header can hold is refused, without being repeated', () => {
    for (const wrong of ['hidden words', 'hidden\r\nX-Evil: words', 'hidden\u00e4words', 'hidden\0words']) {
      for (const read of [
        () => webhookSecrets(undefined, { SSHFATE_WEBHOOK_TOKEN: wrong }),
        () => webhookSecrets(file(wrong), {}),
      ]) {
        expect(read).toThrow(/holds spaces or characters/);
        expect(read).not.toThrow(/hidden/);
      }
    }
    expect(() => webhookSecrets(file('\n'), {})).toThrow('is empty');
  });

  test('is in a file, and no folder or device', () => {
    expect(() => webhookSecrets(folder, {})).toThrow('is no file with a token');
    expect(() => webhookSecrets('/dev/zero', {})).toThrow('is no file with a token');
    expect(() => webhookSecrets(file('x'.repeat(10_000)), {})).toThrow('is no file with a token');
    expect(() => webhookSecrets(path.join(folder, 'none'), {})).toThrow('cannot be read: it is not there.');
  });
});

test('a secret is text, or base64 after whsec_, and not too short', () => {
  const of = (secret: string) => webhookSecrets(undefined, { SSHFATE_WEBHOOK_SECRET: secret }).secret;
  expect(of('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')?.toString('base64')).toBe(
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  );
  expect(of('a text of enough length')?.toString()).toBe('a text of enough length');
  for (const short of ['short', 'whsec_c2hvcnQ=']) expect(() => of(short)).toThrow('too short');
});
