import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { nobodyIdentified } from '../handshake.ts';
import { count, seconds } from '../sentences.ts';
import { identifiedOthers, isCrowded, silentClose } from '../silent-close.ts';

/** A process that cannot start ends at once; one that waits for something first has another trouble. */
const AT_ONCE_MS = 1000;

export const serverBroken: CauseDefinition = {
  id: 'server-broken',
  title: 'sshd breaks at the start of every connection',
  fates: ['rst-before-banner', 'fin-before-banner'],
  needs:
    "the server's own process closes within a second without a byte (a reset with time stamps and a window, as when the client's identification string was unread), and does so to every client",
  says: 'sshd was upgraded without a restart, a helper binary is missing, or it crashes at the start of each connection.',
  diagnose(record) {
    const close = silentClose(record);
    if (close === undefined || close.afterMs >= AT_ONCE_MS) return undefined;
    if (close.by !== 'process' && close.by !== 'unspoken') return undefined;
    if (identifiedOthers(record) > 0) return undefined;
    if (isCrowded(record)) return undefined;
    const fates = record.surroundings?.server.fates ?? {};
    const others = (fates['rst-before-banner'] ?? 0) + (fates['fin-before-banner'] ?? 0);
    const isForAll = others > 0 && nobodyIdentified(record);
    // A proxy shuts its side down first: a reset at once is a process that ended. With a FIN alone only the others tell.
    if (!isForAll && close.by !== 'process') return undefined;
    return {
      confidence: isForAll && close.by === 'process' ? 'likely' : 'possible',
      summary: `The server's own process closed ${seconds(close.afterMs)} after the handshake without a byte${others > 0 ? `, as in ${count(others, 'other session')} of this capture` : ''}: sshd breaks at the start of the connection.`,
      evidence: evidence([
        [entryOf(record, 'ACK'), 'the connection is established'],
        [entryOf(record, 'identification string', 'client'), "the client's identification string"],
        [
          close.entry,
          close.by === 'process'
            ? "a reset of the process itself (its own window and time stamps) with the client's bytes unread"
            : 'the server closes without a byte',
        ],
      ]),
      nextSteps: [
        'On the server: `sshd -t && systemctl restart ssh` (an sshd that was upgraded while it ran no longer fits its helper programs), then `systemctl status ssh`',
        'On the server: `sshd -t`, `ls -l /usr/lib/openssh/ /usr/libexec/` (sshd-session and sshd-auth must be of the same version as `sshd -V`); reinstall with `apt-get install --reinstall openssh-server` or `dnf reinstall openssh-server`',
        `On the server: \`journalctl -u ssh -S -10min\` and \`dmesg | tail\` (crash, missing file, no memory); a connection in the foreground tells most: \`$(command -v sshd) -ddd -p 2222\`, then \`ssh -p 2222 ${record.server.address}\``,
      ],
    };
  },
};
