/** A fault that sshfate’s first next step is to put right, or a later one where the first ones only look. */
export interface Fixable {
  readonly scenario: string;
  /** Whose capture is looked at. */
  readonly side: 'client' | 'server';
  /** Which step puts it right; the first when absent. */
  readonly step?: number;
  /** What is run in the login afterwards, where a mere login would have worked before. */
  readonly login?: string;
}

/** Left out are faults whose first step is to find a rule: which one it is, nobody else can know. */
export const FIXABLE: readonly Fixable[] = [
  { scenario: 'close-during-kex-no-common-kex', side: 'client' },
  { scenario: 'close-during-kex-no-common-host-key', side: 'client' },
  { scenario: 'close-during-kex-no-common-cipher', side: 'client' },
  { scenario: 'close-during-kex-no-common-mac', side: 'client' },
  { scenario: 'close-during-kex-no-common-host-key-ssh-rsa', side: 'client' },
  // Whose key it is comes first, and what known_hosts holds.
  { scenario: 'close-during-kex-host-key-unknown', side: 'client', step: 3 },
  { scenario: 'close-during-kex-host-key-changed', side: 'client', step: 3 },
  { scenario: 'rst-after-syn', side: 'client' },
  { scenario: 'rst-after-syn-ipv6', side: 'client' },
  { scenario: 'fin-before-banner-server-hung', side: 'client' },
  { scenario: 'no-syn-ack-marking', side: 'client' },
  { scenario: 'before-banner-max-startups', side: 'client' },
  { scenario: 'close-during-auth-too-many-failures', side: 'client' },
  { scenario: 'stalled-during-kex-path-mtu', side: 'client' },
  { scenario: 'reset-in-session-idle-firewall', side: 'client', login: 'sleep 25; echo hello' },
];
