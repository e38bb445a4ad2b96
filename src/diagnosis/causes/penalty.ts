import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { penaltiesOf, refusalOf } from '../refusal.ts';
import { count } from '../sentences.ts';
import { vantage } from '../vantage.ts';

/** Of the packets with which the sessions that count began, so many are named. */
const NAMED_PACKETS = 8;

export const penalty: CauseDefinition = {
  id: 'penalty',
  title: 'The server punishes this address for earlier failures',
  fates: ['fin-before-banner', 'rst-before-banner'],
  needs:
    'the text "Not allowed at this time" instead of an identification string, and earlier sessions of this client without a login whose penalties add up to more than 15 s',
  says: 'PerSourcePenalties of OpenSSH 9.8 and later: which sessions count, and how long the penalty lasts by the defaults.',
  diagnose(record) {
    if (refusalOf(record) !== 'any-reason') return undefined;
    const { sessions, leftSeconds, enforced } = penaltiesOf(record);
    const open = record.surroundings?.server.unauthenticated?.sessions ?? 0;
    const says = entryOf(record, 'text', 'server');
    const proof = evidence([[says, 'the server says "Not allowed at this time"']]);
    if (says !== undefined && sessions.length > 0) {
      const packets = sessions.slice(-NAMED_PACKETS).map((session) => session.packet);
      proof.push({
        packet: says.packet,
        time: says.time,
        what: `earlier sessions of this client without a login begin with packet ${packets.join(', ')}`,
      });
    }
    const failures = `${count(sessions.length, 'earlier session')} of ${record.client.address} without a login`;
    return {
      // Only the server's end shows everybody who could fill MaxStartups.
      confidence: enforced
        ? open === 0 && vantage(record) === 'server'
          ? 'certain'
          : 'likely'
        : sessions.length > 0 && open === 0
          ? 'likely'
          : 'possible',
      summary:
        sessions.length > 0
          ? `${hostPort(record.server)} refused with "Not allowed at this time" after ${failures}${enforced ? `: by the default penalties it stays refused for ${Math.ceil(leftSeconds)} s more` : ': its penalties (PerSourcePenalties) reached the limit'}.`
          : `${hostPort(record.server)} refused with "Not allowed at this time": a penalty for failures before this capture began, or MaxStartups.`,
      evidence: proof,
      nextSteps: [
        `On the server, if ${record.client.address} is a machine of yours (a guesser is refused rightly), in sshd_config: \`PerSourcePenaltyExemptList ${record.client.address}\` (or the network of your own clients and monitors), then \`sshd -t && systemctl restart ssh\`, which also forgets the penalties`,
        `On the server: \`journalctl -u ssh | grep -E 'penalty|drop connection'\` (which penalty, and why)`,
        'On the client: wait until the penalty is over, and mend what failed before: `ssh -v` shows the key that was refused, `IdentitiesOnly yes` in ~/.ssh/config keeps the others back',
      ],
    };
  },
};
