import {
  type AlgorithmCategory,
  algorithmHistory,
  canDo,
  isDefault,
  isDefaultList,
  opensshRelease,
  releaseDate,
  releaseNumber,
} from './openssh-algorithms.ts';
import { onOtherServer } from './other-server.ts';

/** What a failed negotiation is about. */
export interface Negotiation {
  readonly category: AlgorithmCategory;
  /** Of ssh_config and of sshd_config. */
  readonly option: string;
}

/** What one side offered, without signals. */
export interface Offer {
  readonly names: readonly string[];
  /** Softwareversion of its identification string. */
  readonly software: string | undefined;
}

interface Party extends Offer {
  readonly side: 'client' | 'server';
  /** Of OpenSSH; undefined for other software. */
  readonly release: string | undefined;
}

/**
 * What to do when nothing is common, the surest first: an algorithm of the client's for the server, one of the
 * server's for the client, why they fell apart, and upgrading where the only way out is weak; that first where the way
 * out would weaken the server for everybody. An algorithm that a side's release cannot do is never proposed to it: sshd
 * would not start.
 */
export function negotiationSteps(negotiation: Negotiation, client: Offer, server: Offer): readonly string[] {
  const here: Party = { ...client, side: 'client', release: opensshRelease(client.software) };
  const there: Party = { ...server, side: 'server', release: opensshRelease(server.software) };
  const forServer = proposalFor(negotiation, there, here);
  const forClient = proposalFor(negotiation, here, there);
  const steps: string[] = [];
  const onServer = forServer && serverStep(negotiation, there, forServer);
  const onClient = forClient && clientStep(negotiation, here, forClient);
  // A line for sshd_config is of no use to other software.
  const inOrder = there.release === undefined ? [onClient, onServer] : [onServer, onClient];
  for (const step of inOrder) if (step !== undefined) steps.push(step);
  const reason = why(negotiation, here, there);
  if (reason !== undefined) steps.push(reason);
  const weak = [here, there].find(isWeak);
  if (forServer === undefined && forClient === undefined) steps.push(NO_OPTION);
  if (weak === here) {
    const step = weakStep(negotiation, weak, forClient, forServer);
    if (forServer !== undefined && inOrder[0] === onServer) steps.unshift(step);
    else steps.push(step);
  } else if (weak !== undefined) steps.push(weakStep(negotiation, weak, forServer, forClient));
  return steps;
}

/** Server option lists that begin with + came with 7.0, and HostKeyAlgorithms of sshd, too. */
const PLUS_SINCE = 700;

/** The best name of the other side's that this side could be told to do. */
function proposalFor({ category }: Negotiation, self: Party, other: Party): string | undefined {
  const possible = other.names.filter(
    (name) =>
      !UNFIT.test(name) && (self.release === undefined || canDo(category, name, self.release) !== false),
  );
  const known =
    self.release === undefined
      ? possible
      : possible.filter((name) => algorithmHistory(category, name) !== undefined);
  const families =
    category === 'host-key' && self.side === 'server' ? new Set(self.names.map(keyFamily)) : undefined;
  const cost = (name: string): number =>
    (weakness(name) === undefined ? 0 : 4) +
    // A host key of another type would have to be made first.
    (families === undefined || families.has(keyFamily(name)) ? 0 : 2) +
    (/hmac-sha1|umac-64/.test(name) ? 1 : 0) +
    // Other software is likelier to know what has long been there.
    (self.release === undefined ? age(category, name) : 0);
  return [...known].sort((a, b) => cost(a) - cost(b))[0];
}

/** Below 1: the newer, the more. */
function age(category: AlgorithmCategory, name: string): number {
  const history = algorithmHistory(category, name);
  return history === undefined ? 0 : releaseNumber(history.since) / 10_000;
}

/** Certificates need an authority, security keys are no host keys, and this old alias left the code unannounced. */
const UNFIT = /-cert-v0\d@|^(sk|webauthn)-|^rijndael/;

function keyFamily(name: string): string {
  return /rsa/.test(name) ? 'rsa' : name;
}

function serverStep({ category, option }: Negotiation, server: Party, name: string): string | undefined {
  const weak = weakMark(name);
  if (server.release === undefined) {
    const software = server.software === undefined ? 'whatever it runs' : server.software;
    return `${onOtherServer(software)}: allow ${name}${weak} in its own settings`;
  }
  const old = releaseNumber(server.release) < PLUS_SINCE;
  const after = 'then sshd -t && systemctl reload ssh';
  if (category === 'host-key') {
    const makeKey = `a host key of that type must be there: ls /etc/ssh/ssh_host_*_key, and ssh-keygen -A makes those that are missing`;
    if (old) return `On the server: ssh-keygen -A for ${name}${weak} (${makeKey}); ${after}`;
    const hasKey = server.names.some((other) => keyFamily(other) === keyFamily(name));
    return `On the server, in sshd_config: \`${option} +${name}\`${weak} in place of a ${option} line that stands there (the first one counts${hasKey ? '' : `; ${makeKey}`}); ${after}`;
  }
  const usual = isDefaultList(category, server.names, 'server', server.release);
  if (usual === false || old) {
    return `On the server, in sshd_config: \`${option} ${[...server.names, name].join(',')}\`${weak} in place of the ${option} line that stands there (the server's list is not the default of OpenSSH ${server.release}, so its configuration or the system's crypto policy names one: find it with sshd -T | grep -i ${option.toLowerCase()}; the first line counts, and + would add to the default list, not to this one); ${after}`;
  }
  return `On the server, in sshd_config: \`${option} +${name}\`${weak} in place of a ${option} line that stands there (the first one counts, and + adds to the default list); ${after}`;
}

function clientStep({ option }: Negotiation, client: Party, name: string): string {
  const weak = weakMark(name);
  if (client.release === undefined) {
    const software = client.software === undefined ? 'whatever it runs' : client.software;
    return `On the client (${software}, not OpenSSH): allow ${name}${weak} in its settings or upgrade it`;
  }
  const value = releaseNumber(client.release) < PLUS_SINCE ? [...client.names, name].join(',') : `+${name}`;
  return `On the client: ssh -o ${option}=${value} …${weak}`;
}

/** Which defaults changed between the two, and whether one of them does not use its defaults. */
function why(negotiation: Negotiation, client: Party, server: Party): string | undefined {
  const sentences = [
    ...changes(negotiation, server, client),
    ...changes(negotiation, client, server),
    ...ownList(negotiation, server),
    ...ownList(negotiation, client),
  ];
  return sentences.length === 0 ? undefined : `Why: ${sentences.join('; ')}`;
}

const MAX_CHANGES = 2;

/** What this side's release no longer, or does not yet, offer of what the other one wants. */
function changes({ category }: Negotiation, self: Party, other: Party): string[] {
  if (self.release === undefined) return [];
  const release = releaseNumber(self.release);
  const found: string[] = [];
  for (const name of other.names) {
    if (found.length === MAX_CHANGES) break;
    const history = algorithmHistory(category, name);
    if (history === undefined || UNFIT.test(name)) continue;
    const until = self.side === 'client' ? history.clientUntil : history.serverUntil;
    const is = `this ${self.side} is ${self.release}`;
    if (release < releaseNumber(history.since)) {
      found.push(`${name} came with OpenSSH ${dated(history.since)}, and ${is}`);
    } else if (history.removed !== undefined && release >= releaseNumber(history.removed)) {
      found.push(`OpenSSH ${dated(history.removed)} removed ${name} from the code, and ${is}`);
    } else if (until !== undefined && release >= releaseNumber(until)) {
      found.push(`OpenSSH ${dated(until)} took ${name} out of the ${self.side}'s default list, and ${is}`);
    }
  }
  return found;
}

function ownList({ category, option }: Negotiation, { names, side, release }: Party): string[] {
  // A server leaves out what it has no host key for; builds before 7.0 differ.
  if (release === undefined || releaseNumber(release) < PLUS_SINCE) return [];
  if (category === 'host-key' && side === 'server') return [];
  if (isDefaultList(category, names, side, release) !== false) return [];
  const look =
    side === 'server'
      ? `sshd -T | grep -i ${option.toLowerCase()}`
      : `ssh -G HOST | grep -i ${option.toLowerCase()}`;
  return [`the ${side}'s list is not the default of OpenSSH ${release} (${look})`];
}

const NO_OPTION = 'No option helps: what one side has, the other cannot do. Upgrade the older one';

/** All that it offers is weak. */
const isWeak = ({ names }: Party): boolean =>
  names.length > 0 && names.every((name) => weakness(name) !== undefined);

/** `own`: what it could be told to do itself; `name`: what the other side could be told to do for it. */
function weakStep(
  { category, option }: Negotiation,
  { software, side, release }: Party,
  own: string | undefined,
  name: string | undefined,
): string {
  const what = software === undefined ? `the ${side}` : `${software} (the ${side})`;
  const isConfigured =
    release !== undefined &&
    own !== undefined &&
    weakness(own) === undefined &&
    isDefault(category, own, side, release);
  if (isConfigured) {
    return `The honest answer is to take the ${option} list of ${what} away: all that is in it is weak, and its default would do (${own})`;
  }
  // No `Match` of sshd_config takes these options, and `Host` of ssh_config does.
  const meanwhile =
    side === 'client'
      ? 'to allow it weakens the server for everybody: only until then'
      : 'allow it for this one host, and only until then';
  const until = name === undefined ? '' : ` (${name}: ${weakness(name)}); ${meanwhile}`;
  return `The honest answer is to upgrade ${what}: all that it offers is weak${until}`;
}

/** A word on what is wrong with it; undefined for what is fit for use (RFC 9142 §4, RFC 8758, RFC 8332). */
export function weakness(name: string): string | undefined {
  return WEAKNESSES.find(([pattern]) => pattern.test(name))?.[1];
}

const WEAKNESSES: readonly (readonly [RegExp, string])[] = [
  [/group1-sha1/, 'a 1024-bit group and SHA-1'],
  [/^diffie-hellman-.*-sha1|^rsa1024-sha1|^gss-.*-sha1-/, 'SHA-1'],
  [/^ssh-dss/, 'DSA, 1024 bits and SHA-1'],
  [/^ssh-rsa/, 'SHA-1 signatures'],
  [/arcfour/, 'RC4'],
  [/3des/, '3DES'],
  [/blowfish|cast128|idea/, 'a 64-bit block'],
  [/-cbc/, 'CBC'],
  [/md5/, 'MD5'],
  [/-96/, 'a short tag'],
  [/ripemd/, 'RIPEMD-160'],
  [/^none$/, 'no protection'],
];

function weakMark(name: string): string {
  const weak = weakness(name);
  return weak === undefined ? '' : ` (weak: ${weak})`;
}

function dated(release: string): string {
  const date = releaseDate(release);
  return date === undefined ? release : `${release} (${date})`;
}
