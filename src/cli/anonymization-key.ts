import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { CRYPTO_PAN_KEY_LENGTH } from '../evidence/crypto-pan.ts';
import { outputError, UsageError } from './errors.ts';

/** Environment variable with a key in hexadecimal. */
const KEY_VARIABLE = 'SSHFATE_KEY';

/**
 * The key of `--anonymize`: from a file, which is made where it does not exist, from the environment, or a new one.
 *
 * @param say told what becomes of a key that was made.
 * @throws UsageError for what is no key.
 */
export function anonymizationKey(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Uint8Array {
  if (file !== undefined) return keyOfFile(file, say);
  const text = environment[KEY_VARIABLE];
  if (text !== undefined && text !== '') return parseKey(text, KEY_VARIABLE);
  say(
    'The addresses are mapped with a new key that is not kept: another extract gets other addresses. Keep one with --key-file FILE.',
  );
  return randomBytes(CRYPTO_PAN_KEY_LENGTH);
}

function keyOfFile(file: string, say: (text: string) => void): Uint8Array {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return newKeyFile(file, say);
    throw new UsageError(
      `The key in '${file}' cannot be read: ${code ?? message}. Name another file with --key-file.`,
    );
  }
  if ((statSync(file).mode & OTHERS) !== 0) {
    say(`Others can read the key in '${file}', and with it undo the mapping. Take that away with chmod 600.`);
  }
  if (content.length === CRYPTO_PAN_KEY_LENGTH) return content;
  return parseKey(content.toString('latin1').trim(), `'${file}'`);
}

const OTHERS = 0o077;

function newKeyFile(file: string, say: (text: string) => void): Uint8Array {
  const key = randomBytes(CRYPTO_PAN_KEY_LENGTH);
  try {
    writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw outputError(`The new key in '${file}'`, error, '--key-file');
  }
  say(`A new key is in '${file}'. Who has it can undo the mapping: keep it to yourself.`);
  return key;
}

function parseKey(text: string, name: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new UsageError(
      `${name} holds no key. A key is 64 hexadecimal digits, as 'openssl rand -hex ${CRYPTO_PAN_KEY_LENGTH}' prints them.`,
    );
  }
  return Buffer.from(text, 'hex');
}
