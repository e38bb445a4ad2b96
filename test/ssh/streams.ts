import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CLIENT, SERVER } from '../../src/ssh/conversation-api.ts';
import type { Sent } from './wire.ts';

// Real sessions, captured on loopback with the programs that their `about` names; lab captures, no traffic of others.

const FOLDER = path.join(import.meta.dirname, 'streams');

export interface RealStream {
  readonly about: string;
  readonly segments: readonly Sent[];
}

export const STREAM_NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

export function realStream(name: string): RealStream {
  const { about, segments } = JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as {
    readonly about: string;
    readonly segments: readonly string[];
  };
  return {
    about,
    segments: segments.map((line) => [
      line.startsWith('C') ? CLIENT : SERVER,
      Buffer.from(line.slice(2), 'base64'),
    ]),
  };
}

/** A session as sizes: what its server's log says, and what the sizes tell. */
export interface SizedSession {
  readonly client: string;
  readonly server: string;
  readonly cipher: string;
  readonly mac: string;
  /** e.g. 'succeeded 2 left': result, refusals ('?' when not told), the client's SSH_MSG_DISCONNECT. */
  readonly truth: string;
  readonly told: string;
  /** Each segment: 'C' or 'S' and the lengths of its packets (one length where they cannot be told apart). */
  readonly segments: readonly string[];
}

export function sizedSessions(): readonly SizedSession[] {
  return readFileSync(path.join(FOLDER, 'authentication.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [client, server, cipher, mac, truth, told, segments] = line.split('\t') as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      return { client, server, cipher, mac, truth, told, segments: segments.split(' ') };
    });
}
