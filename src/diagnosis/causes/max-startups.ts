import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { dropbearStartupsSteps, isDropbear } from '../dropbear.ts';
import { onOtherServer, otherServer } from '../other-server.ts';
import { penaltiesOf, refusalOf } from '../refusal.ts';
import { count } from '../sentences.ts';
import { DEFAULT_MAX_STARTUPS, isCrowded, silentClose } from '../silent-close.ts';

/** A listener refuses as soon as it has accepted. */
const AT_ONCE_MS = 1000;
/** Of the packets with which the sessions in the way began, so many are named. */
const NAMED_PACKETS = 8;

export const maxStartups: CauseDefinition = {
  id: 'max-startups',
  title: 'Too many logins in progress',
  fates: ['fin-before-banner', 'rst-before-banner'],
  needs: `the text "Exceeded MaxStartups" instead of an identification string; or "Not allowed at this time" (since 9.8 for several reasons) or an immediate close (sshd before 8.2, dropbear) while other sessions are open that were greeted and have not logged in`,
  says: 'As many unauthenticated connections were open as MaxStartups allows, or the limits that dropbear was built with; shows how many.',
  diagnose(record) {
    const refusal = refusalOf(record);
    if (refusal !== undefined) return ofText(record, refusal);
    const close = silentClose(record);
    if (close === undefined || close.by === 'stranger' || close.afterMs >= AT_ONCE_MS) return undefined;
    const open = openOf(record);
    if (!isCrowded(record)) return undefined;
    return {
      confidence: 'likely',
      summary: `${hostPort(record.server)} closed at once without a byte while ${count(open, 'other connection')} had not logged in: its limit for these is reached (${limitOf(record)}).`,
      evidence: [
        ...evidence([[close.entry, 'the server closes without a byte']]),
        ...openEvidence(record, close.entry),
      ],
      nextSteps: nextSteps(record, open),
    };
  },
};

/** What the limit is called where the server is what it says. */
function limitOf(record: SessionRecord): string {
  if (isDropbear(record))
    return 'in dropbear 5 for one address and 30 in all, unless it was built with others';
  const other = otherServer(record);
  return other === undefined ? 'MaxStartups' : `a setting of ${other}`;
}

const openOf = (record: SessionRecord): number => record.surroundings?.server.unauthenticated?.sessions ?? 0;

function ofText(record: SessionRecord, refusal: 'max-startups' | 'any-reason'): Finding {
  const open = openOf(record);
  const says = entryOf(record, 'text', 'server');
  const proof = evidence([[says, `the server says "${says?.detail ?? ''}" in place of its identification`]]);
  if (says !== undefined) proof.push(...openEvidence(record, says));
  const steps = nextSteps(record, open);
  if (refusal === 'max-startups') {
    const shown =
      open > 0 ? `: ${count(open, 'other connection')} of this capture had not logged in yet` : '';
    return {
      confidence: 'certain',
      summary: `${hostPort(record.server)} refused because MaxStartups (or PerSourceMaxStartups) is reached${shown || ': too many connections have not logged in yet'}.`,
      evidence: proof,
      nextSteps: steps,
    };
  }
  const { enforced } = penaltiesOf(record);
  const isLikely = open >= DEFAULT_MAX_STARTUPS || (open > 0 && !enforced);
  return {
    confidence: isLikely ? 'likely' : 'possible',
    summary: `${hostPort(record.server)} refused with "Not allowed at this time"${open > 0 ? ` while ${count(open, 'other connection')} had not logged in yet: MaxStartups or PerSourceMaxStartups is reached` : '. Nobody else in this capture was about to log in, so MaxStartups can only be reached by connections that were not captured'}.`,
    evidence: proof,
    nextSteps: steps,
  };
}

function openEvidence(record: SessionRecord, at: { readonly packet: number; readonly time: string }) {
  const packets = record.surroundings?.server.unauthenticated?.packets;
  if (packets === undefined || packets.length === 0) return [];
  const named = packets.slice(0, NAMED_PACKETS).join(', ');
  return [
    {
      packet: at.packet,
      time: at.time,
      what: `open without a login by then: the ${packets.length === 1 ? 'session that begins' : 'sessions that begin'} with packet ${named}${packets.length > NAMED_PACKETS ? ', …' : ''}`,
    },
  ];
}

function nextSteps(record: SessionRecord, open: number): readonly string[] {
  const { server } = record;
  const onClient =
    'On the client: connect less often at once (`ControlMaster auto` and `ControlPersist 60` in ~/.ssh/config; Ansible: `--forks 5`)';
  if (isDropbear(record)) return [...dropbearStartupsSteps(server.port), onClient];
  const other = otherServer(record);
  if (other !== undefined && refusalOf(record) === undefined) {
    return [
      `On the server: \`ss -tnp state established 'sport = :${server.port}'\` (who holds connections without a login?)`,
      `${onOtherServer(other)}: a higher limit of connections that have not logged in, and less time for the login, in its own settings`,
      onClient,
    ];
  }
  const start = Math.max(100, 10 * Math.ceil(open / 5));
  return [
    `On the server, in sshd_config: \`MaxStartups ${start}:30:${2 * start}\` (and where it is set, a higher \`PerSourceMaxStartups\`), then \`sshd -t && systemctl reload ssh\`; \`sshd -T | grep -i startups\` shows what holds now`,
    `On the server: \`ss -tnp state established 'sport = :${server.port}'\` (who holds connections without a login?); end them sooner with \`LoginGraceTime 30\` in sshd_config, and block guessers`,
    onClient,
  ];
}
