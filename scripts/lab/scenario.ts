import type { EndedBy, Fate } from '../../src/fate/vocabulary.ts';
import type { Lab } from './lab.ts';
import type { Topology } from './plan.ts';

/** One fault, made for real, and what it must be called at each end: a folder of results has the scenario's name. */
export interface Scenario {
  readonly name: string;
  /** How the fault was made, a sentence. */
  readonly made: string;
  /** Where it was put in; of sessions that have a fault, where their own `place` does not say otherwise. */
  readonly place: Place;
  /** Whose versions stand beside the captures. */
  readonly programs: readonly Program[];
  readonly topology?: Topology;
  /** By first packet in the capture of that side. Known from what was done, never from what sshfate says. */
  readonly expected: Readonly<Partial<Record<Side, readonly Expected[]>>>;
  /**
   * What the captures together prove of each session, by its first packet at whichever end; where it is absent, what
   * either end's capture may be called.
   */
  readonly together?: readonly Together[];
  /** Too big to be kept in the repository. */
  readonly large?: true;
  readonly run: (lab: Lab) => Promise<unknown>;
}

/** Whose doing a fault is; `hosts`: of both ends together, whose configurations have nothing in common. */
export type Place = 'client' | 'path' | 'server' | 'hosts' | 'nowhere';

export interface Together {
  /** Causes of which one must be given; none when the list is empty. */
  readonly cause: readonly string[];
  readonly place: Place;
}

export const SIDES = ['client', 'server', 'router'] as const;
export type Side = (typeof SIDES)[number];

export interface Expected {
  /** More than one where the same fault ends either way by chance. */
  readonly fate: readonly Fate[];
  readonly endedBy?: readonly EndedBy[];
  /** Causes of which one must come first; none may be given when the list is empty. */
  readonly cause: readonly string[];
  /** Where this session's fault was put in, where it is not the scenario's place. */
  readonly place?: Place;
  /** Why it is no mistake to give none: this end's packets do not prove it. */
  readonly mayBeSilent?: string;
  /** Any number of further sessions like it follow: how many is chance. */
  readonly andMore?: true;
}

export type Program =
  | 'curl'
  | 'dbclient'
  | 'dropbear'
  | 'dumpcap'
  | 'haproxy'
  | 'netcat'
  | 'nftables'
  | 'nmap'
  | 'node'
  | 'openssh-10'
  | 'openssl'
  | 'paramiko'
  | 'plink'
  | 'socat'
  | 'ssh'
  | 'ssh-keyscan'
  | 'sshd'
  | 'tinysshd';

type OneOrMore<T> = T | readonly T[];

const list = <T extends string>(values: OneOrMore<T>): readonly T[] =>
  typeof values === 'string' ? [values] : values;

/** What a session must be called, with the causes of which one must come first. */
export const expect = (
  fate: OneOrMore<Fate>,
  endedBy?: OneOrMore<EndedBy>,
  ...cause: readonly string[]
): Expected => ({ fate: list(fate), ...(endedBy && { endedBy: list(endedBy) }), cause });

/** The same, but to give no cause is right too. */
export const orSilent = (expected: Expected, mayBeSilent: string): Expected => ({ ...expected, mayBeSilent });

/** A session whose fault lies elsewhere than that of the scenario's others. */
export const at = (place: Place, expected: Expected): Expected => ({ ...expected, place });

/** One such session, or more. */
export const orMore = (expected: Expected): Expected => ({ ...expected, andMore: true });

/** Both ends see the same. */
export const both = (...sessions: readonly Expected[]): Scenario['expected'] => ({
  client: sessions,
  server: sessions,
});

export const times = (count: number, expected: Expected): readonly Expected[] => Array(count).fill(expected);

export const COMPLETED = expect('completed', 'client');
export const OPEN = expect('open', 'nobody');
