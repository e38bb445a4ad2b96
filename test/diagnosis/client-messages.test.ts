import { describe, expect, it } from 'vitest';
import {
  CLIENT_MESSAGES,
  clientMessageOf,
  findClientMessage,
  isPrintedBy,
} from '../../src/diagnosis/client-messages.ts';
import { FATES } from '../../src/fate/vocabulary.ts';

/** FACTS: what OpenSSH prints, and what plink and dbclient printed in the same trouble. */
const PRINTED: readonly (readonly [string, string])[] = [
  ['ssh: connect to host h port 22: Connection refused', 'connect-refused'],
  ['ssh: connect to host h port 22: No route to host', 'connect-noRoute'],
  ['ssh: connect to host h port 22: Network is unreachable', 'connect-netUnreachable'],
  ['ssh: connect to host h port 22: Connection timed out', 'connect-timedOut'],
  ['ssh: connect to host h port 22: Operation timed out', 'connect-timedOut'],
  ['ssh: connect to host h port 22: Protocol not available', 'connect-noProtocol'],
  ['ssh: connect to host h port 22: Permission denied', 'connect-denied'],
  ['kex_exchange_identification: read: Connection reset by peer', 'banner-reset'],
  ['kex_exchange_identification: Connection closed by remote host', 'banner-closed'],
  ['ssh_exchange_identification: Connection closed by remote host', 'old-banner-closed'],
  ['ssh_exchange_identification: read: Connection reset by peer', 'old-banner-reset'],
  ['Connection closed by 10.0.0.1 port 22', 'closed'],
  ['Connection closed by UNKNOWN port 65535', 'closed'],
  ['Connection closed by 10.0.0.1', 'closed'],
  ['Connection reset by 2001:db8::1 port 22', 'reset'],
  ['Connection timed out during banner exchange', 'banner-timed-out'],
  ['Connection to 10.0.0.1 port 22 timed out', 'connection-timed-out'],
  ['banner exchange: Connection to 10.0.0.1 port 22: invalid format', 'invalid-banner'],
  ['kex_exchange_identification: banner line contains invalid characters', 'invalid-banner'],
  ['Unable to negotiate with 10.0.0.1 port 22: no matching MAC found. Their offer: hmac-sha1', 'no-match'],
  ['Host key verification failed.', 'host-key'],
  ['@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @', 'host-key'],
  ['Bad packet length 1349676916.', 'garbled'],
  [
    'ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: message authentication code incorrect',
    'garbled',
  ],
  ['ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: Connection timed out', 'stuck'],
  ['ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: Broken pipe', 'wrote-into-closed'],
  ['FATAL ERROR: Configured password was not accepted', 'putty-denied'],
  ['dbclient: Connection to u@h:22 exited: Disconnect received', 'dropbear-disconnect'],
  ['Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures', 'too-many-failures'],
  ['Received disconnect from 10.0.0.1 port 22:11: Bye Bye', 'disconnect'],
  ['Disconnected from 10.0.0.1 port 22', 'disconnected'],
  ['u@h: Permission denied (publickey,password).', 'permission-denied'],
  ['Permission denied, please try again.', 'permission-denied-again'],
  ['Connection to h closed by remote host.', 'closed-in-session'],
  ['Connection to h closed.', 'logged-out'],
  ['Read from remote host h: Connection reset by peer', 'session-read-reset'],
  ['client_loop: send disconnect: Broken pipe', 'session-reset'],
  ['packet_write_wait: Connection to 10.0.0.1 port 22: Broken pipe', 'session-reset'],
  ['Timeout, server h not responding.', 'keepalive'],
  ['FATAL ERROR: Remote side unexpectedly closed network connection', 'putty-closed'],
  ['FATAL ERROR: Connection reset by peer', 'putty-reset'],
  ['FATAL ERROR: Connection refused', 'putty-connect-refused'],
  ['Network error: Connection timed out', 'putty-connect-timedOut'],
  ['FATAL ERROR: Incoming packet was garbled on decryption', 'putty-garbled'],
  ['FATAL ERROR: Cannot confirm a host key in batch mode', 'putty-host-key'],
  ['dbclient: Connection to u@h:22 exited: Connect failed: Connection refused', 'dropbear-connect-refused'],
  ['dbclient: Connection to u@h:22 exited: Remote closed the connection', 'dropbear-closed'],
  ['dbclient: Connection to u@h:22 exited: Error reading: Connection reset by peer', 'dropbear-reset'],
  ['dbclient: Connection to u@h:22 exited: No matching algo kex', 'dropbear-no-match'],
];

describe('the table of client messages', () => {
  it.each(PRINTED)('%s is %s', (line, id) => {
    expect(findClientMessage(line)?.id).toBe(id);
  });

  it('finds the text of each entry as that entry', () => {
    for (const { id, text } of CLIENT_MESSAGES) {
      const line = text
        .replace('PORT', '22')
        .replace('banner line 0: …', 'banner line 0: Exceeded MaxStartups');
      const filled = line
        .replace('METHODS', 'publickey')
        .replace('found. Their offer: …', 'found. Their offer: x')
        .replace(':…: …', ':3: x')
        .replace(/…/, id === 'garbled' ? '123' : 'cipher');
      expect(findClientMessage(filled)?.id, filled).toBe(id);
    }
  });

  it('has every id once, fates in the vocabulary, and finds them by id', () => {
    expect(new Set(CLIENT_MESSAGES.map(({ id }) => id)).size).toBe(CLIENT_MESSAGES.length);
    for (const message of CLIENT_MESSAGES) {
      expect(clientMessageOf(message.id)).toBe(message);
      for (const fate of message.fates) expect(FATES).toContain(fate);
    }
    expect(() => clientMessageOf('nonsense')).toThrow('There is no client message');
  });

  it('does not take the words of a server log or of a debug line for a message', () => {
    expect(findClientMessage('debug1: Connection established.')).toBeUndefined();
    expect(findClientMessage('Connection from 10.0.0.1 port 4711 on 10.0.0.2 port 22')).toBeUndefined();
  });

  it('knows which client says it', () => {
    expect(isPrintedBy(clientMessageOf('old-banner-closed'), 'OpenSSH_7.4')).toBe(true);
    expect(isPrintedBy(clientMessageOf('old-banner-closed'), 'OpenSSH_9.2p1')).toBe(false);
    expect(isPrintedBy(clientMessageOf('closed'), 'dropbear_2022.83')).toBe(false);
    expect(isPrintedBy(clientMessageOf('closed'), undefined)).toBe(true);
  });
});
