import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './errors.ts';

export interface WebhookSecrets {
  /** A bearer token; undefined for none. */
  readonly token: string | undefined;
  /** To sign with; undefined for no signature. */
  readonly secret: Buffer | undefined;
}

/** Longer is no token. */
const MAX_TOKEN_BYTES = 8192;
const GROUP_AND_OTHERS = 0o077;
const OTHERS = 0o007;

/**
 * The secrets of the webhook: never from the command line, which everyone on the machine can read. Those of the environment
 * are taken out of it, so that no child process gets them.
 *
 * @throws UsageError when one cannot be used, or a file is not its owner's alone.
 */
export function webhookSecrets(
  tokenFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): WebhookSecrets {
  const { SSHFATE_WEBHOOK_TOKEN: token, SSHFATE_WEBHOOK_SECRET: secret } = environment;
  delete environment.SSHFATE_WEBHOOK_TOKEN;
  delete environment.SSHFATE_WEBHOOK_SECRET;
  return {
    token:
      tokenFile === undefined
        ? token && checkedToken(token, 'SSHFATE_WEBHOOK_TOKEN')
        : checkedToken(readToken(tokenFile, environment), `'${tokenFile}'`),
    secret: secret ? checkedSecret(secret) : undefined,
  };
}

/** What a header takes: anything else would be refused by fetch, in a message that repeats it. */
function checkedToken(text: string, from: string): string {
  const token = text.trim();
  if (token === '') throw new UsageError(`${from} is empty. Put the token there, or leave it away.`);
  if (!/^[!-~]+$/.test(token)) {
    throw new UsageError(
      `The token in ${from} holds spaces or characters that a header cannot hold. Give one line of plain ASCII.`,
    );
  }
  return token;
}

/** As Standard Webhooks writes it: `whsec_` and base64; else the bytes of the text. */
function checkedSecret(text: string): Buffer {
  const secret = text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text);
  if (secret.length < 16) {
    throw new UsageError(
      'The secret in SSHFATE_WEBHOOK_SECRET is too short. Give at least 16 bytes, e.g. whsec_ and what openssl rand -base64 32 prints.',
    );
  }
  return secret;
}

function readToken(file: string, environment: NodeJS.ProcessEnv): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'it is not there'
        : code === 'EACCES'
          ? 'you have no permission to read it'
          : message;
    throw new UsageError(`The token file '${file}' cannot be read: ${why}. See --webhook-token-file.`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    const isFile = (mode & 0o170000) === 0o100000;
    if (!isFile || size > MAX_TOKEN_BYTES) {
      throw new UsageError(`'${file}' is no file with a token. Give one with nothing but the token in it.`);
    }
    // systemd gives a service its credentials through an access control list, which shows as a right of the group.
    const forbidden = isCredential(file, environment) ? OTHERS : GROUP_AND_OTHERS;
    if ((mode & forbidden) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new UsageError(
        `The token file '${file}' can be read by others (mode ${octal}). Take that away: chmod 600 '${file}'`,
      );
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function isCredential(file: string, { CREDENTIALS_DIRECTORY: folder }: NodeJS.ProcessEnv): boolean {
  return folder !== undefined && dirname(resolve(file)) === resolve(folder);
}
