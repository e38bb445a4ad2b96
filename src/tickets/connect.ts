import { Api, type Clock } from './api.ts';
import { type CredentialSources, readCredential } from './credentials.ts';
import type { Transport } from './http-message.ts';
import { TicketError } from './ticket-error.ts';
import type { SystemOptions, TicketSystem } from './ticket-system.ts';

export interface ConnectOptions
  extends SystemOptions,
    Pick<CredentialSources, 'file' | 'command' | 'environment'> {
  readonly url?: string | undefined;
  /** Plain HTTP to another machine, credential included. */
  readonly allowHttp?: boolean | undefined;
  /** Nothing is sent: no credential is needed. */
  readonly isDry?: boolean | undefined;
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly clock?: Clock;
  readonly say?: (text: string) => void;
}

/**
 * The system as it can be talked to.
 *
 * @throws TicketError when the address or the credential cannot be used.
 */
export async function connect(system: TicketSystem, options: ConnectOptions): Promise<Api> {
  const { title, variable, credential: kind, isAddressSecret } = system;
  const { environment } = options;
  const base = baseAddress(system, options);
  // Read last: a command may ask the user for a passphrase.
  const credential = await readCredential({
    environment,
    variable: `${variable}_CREDENTIALS`,
    file: options.file,
    command: options.command,
  });
  const isNeeded = !kind.isOptional && !options.isDry;
  if (credential === undefined && isNeeded) {
    throw new TicketError(
      'usage',
      `There is no credential for ${title}. Put it (${kind.example}) into ${variable}_CREDENTIALS, or name --credentials-file or --credentials-command.`,
    );
  }
  // Of a dry run without a credential the headers still show where it goes.
  const text = credential?.reveal() ?? (isNeeded || kind.isOptional ? undefined : PLACE_HOLDER);
  const headers = system.headers(text, options);
  if (Object.values(headers).some((value) => !SENDABLE.test(value))) {
    throw new TicketError(
      'credentials',
      `The credential for ${title} (or --from) holds characters that no header can. Check ${credentialHint(system, options)}.`,
    );
  }
  return new Api({
    title,
    base,
    ...(isAddressSecret && { isAddressSecret }),
    headers,
    credentialHint: credentialHint(system, options),
    secrets: text === undefined ? [] : [text, ...secretParts(text)],
    transport: options.transport,
    timeoutMs: options.timeoutMs,
    ...(options.clock && { clock: options.clock }),
    ...(options.say && { say: options.say }),
  });
}

/** What a header field may hold (RFC 9110 §5.5), without what only some programs read alike. */
const SENDABLE = /^[\x20-\x7e]*$/;

const PLACE_HOLDER = 'CREDENTIAL';

function credentialHint({ variable }: TicketSystem, { file, command }: ConnectOptions): string {
  if (file !== undefined) return `the file '${file}'`;
  if (command !== undefined) return 'what --credentials-command prints';
  return `${variable}_CREDENTIALS`;
}

/** The password alone, and what it becomes on its way: any of them may come back in an error's text. */
function secretParts(credential: string): string[] {
  const password = credential.includes(':') ? [credential.slice(credential.indexOf(':') + 1)] : [];
  return [...password, Buffer.from(credential).toString('base64'), encodeURIComponent(credential)];
}

function baseAddress(system: TicketSystem, options: ConnectOptions): URL {
  const { title, variable, defaultUrl } = system;
  const text = options.url ?? options.environment[`${variable}_URL`] ?? defaultUrl;
  if (text === undefined || text === '') {
    throw new TicketError(
      'usage',
      `Where ${title} is was not said. Give its address with --url or ${variable}_URL.`,
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    const shown = system.isAddressSecret ? 'The address' : `'${text}'`;
    throw new TicketError(
      'usage',
      `${shown} is no address of ${title}. Give one as in https://tickets.example.org.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new TicketError(
      'usage',
      `The address of ${title} holds a credential. Take it out, and put it into ${variable}_CREDENTIALS.`,
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !options.allowHttp) {
    throw new TicketError(
      'usage',
      `Over http the credential could be read on its way to ${url.host}. Use https, or accept that with --allow-http.`,
    );
  }
  if (url.protocol === 'https:' && options.environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new TicketError(
      'usage',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 would let anybody pass for the ticket system. Take it away, and name the file with your own authority in NODE_EXTRA_CA_CERTS.',
    );
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
