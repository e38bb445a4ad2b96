import type { EndedBy, Fate } from '../../src/fate/vocabulary.ts';
import type { ClientRun, Lab } from './lab.ts';

/** One fault, made for real, and what it must be called: a capture's name is the scenario's. */
export interface Scenario {
  /** Begins with the fate. */
  readonly name: string;
  readonly format?: 'pcap' | 'pcapng';
  /** How the fault was made, a sentence. */
  readonly made: string;
  /** Whose versions stand beside the capture. */
  readonly programs: readonly Program[];
  /** By first packet. Known from what was done, never from what sshfate says. */
  readonly sessions: readonly Expected[];
  /** Makes the fault; what the client said, when there is a person to say it to. */
  readonly run: (lab: Lab) => Promise<ClientRun | undefined>;
}

export interface Expected {
  /** More than one where the same fault ends either way by chance. */
  readonly fate: readonly Fate[];
  readonly endedBy?: readonly EndedBy[];
  /** Names for what was done; another cause is wrong, none is not. */
  readonly cause?: readonly string[];
}

export type Program =
  | 'curl'
  | 'dbclient'
  | 'dropbear'
  | 'dumpcap'
  | 'netcat'
  | 'nftables'
  | 'nmap'
  | 'node'
  | 'openssl'
  | 'plink'
  | 'socat'
  | 'ssh'
  | 'ssh-keyscan'
  | 'sshd'
  | 'tinysshd';

/** A session that ended in one way only. */
export const expect = (fate: Fate, endedBy?: EndedBy, ...cause: readonly string[]): Expected => ({
  fate: [fate],
  ...(endedBy && { endedBy: [endedBy] }),
  ...(cause.length > 0 && { cause }),
});
