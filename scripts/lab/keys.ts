import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from './network.ts';
import { type Plan, planFor } from './plan.ts';

/** Keys for one run, thrown away after it. */
export interface Keys {
  /** Home of the server's root: its authorized_keys. */
  readonly home: string;
  readonly client: string;
  /** Keys that no server knows. */
  readonly strangers: readonly string[];
  readonly host: readonly string[];
  readonly dropbearHost: string;
  readonly tinysshHost: string;
  readonly knownHosts: string;
  /** Names the server, but with the key of a stranger. */
  readonly wrongKnownHosts: string;
  /** The client's key as dbclient reads it. */
  readonly dropbearClient: string;
  /** The client's key as plink reads it. */
  readonly puttyClient: string;
}

const STRANGERS = 7;

export async function generateKeys(folder: string, other: boolean): Promise<Keys> {
  const make = async (name: string, ...type: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await collect('ssh-keygen', ['-q', ...type, '-N', '', '-C', 'lab', '-f', path]);
    return path;
  };
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  const client = await make('client', '-t', 'ed25519');
  copyFileSync(`${client}.pub`, join(home, '.ssh', 'authorized_keys'));

  const host = [
    await make('host-ed25519', '-t', 'ed25519'),
    await make('host-rsa', '-t', 'rsa', '-b', '2048'),
  ];
  const strangers: string[] = [];
  for (let n = 0; n < STRANGERS; n++) strangers.push(await make(`stranger-${n}`, '-t', 'ed25519'));

  const knownHosts = join(folder, 'known_hosts');
  const names = [planFor('routed', other), planFor('bridged', other)].flatMap(namesOf).join(',');
  for (const key of host) appendFileSync(knownHosts, `${names} ${readFileSync(`${key}.pub`, 'utf8')}`);
  const wrongKnownHosts = join(folder, 'wrong_known_hosts');
  writeFileSync(wrongKnownHosts, `${names} ${readFileSync(`${strangers[0]}.pub`, 'utf8')}`);

  const dropbearHost = join(folder, 'dropbear-host');
  await collect('dropbearkey', ['-t', 'ed25519', '-f', dropbearHost]);
  const dropbearClient = join(folder, 'dropbear-client');
  await collect('dropbearkey', ['-t', 'ed25519', '-f', dropbearClient]);
  const dropbearPublic = await collect('dropbearkey', ['-y', '-f', dropbearClient]);
  appendFileSync(join(home, '.ssh', 'authorized_keys'), `${/^ssh-\S+ \S+/m.exec(dropbearPublic)?.[0]} lab\n`);

  const tinysshHost = join(folder, 'tinyssh-host');
  await collect('tinysshd-makekey', ['-q', tinysshHost]);
  const puttyClient = join(folder, 'client.ppk');
  await collect('puttygen', [client, '-O', 'private', '-o', puttyClient]);
  return {
    ...{ home, client, strangers, host, dropbearHost, tinysshHost, knownHosts, wrongKnownHosts },
    ...{ dropbearClient, puttyClient },
  };
}

/** As the client looks a server up: with the port when it is not 22. */
const namesOf = ({ server, server6, port, otherPort }: Plan): readonly string[] =>
  [server, server6].flatMap((one) => [one, `[${one}]:${port}`, `[${one}]:${otherPort}`]);
