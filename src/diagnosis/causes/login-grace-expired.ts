import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';
import { dropbearLog, isDropbear } from '../dropbear.ts';
import { deciding, journalAround, lastSaid, msBetween, plural, seconds } from '../last-words.ts';
import { isOpenSsh, otherServer, otherServersLog } from '../other-server.ts';
import { limitNew } from '../sentences.ts';

/** LoginGraceTime's default, seconds. */
const DEFAULT_SECONDS = 120;
/** What administrators set, seconds. */
const ROUND_SECONDS = [10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 600] as const;
/** From the fork to the first byte, and how late a timer fires. */
const LATE_MS = 300;
const EXACT_MS = 40;
/** Between the alarm's start, about when the identification string leaves, and its end. */
const TIMER_MS = 10;
/** OpenSSH 9.9 and later add up to four seconds at random, so that a crowd is not let go at once (487faaed8). */
const RANDOM_SINCE = [9, 9] as const;
const RANDOM_MS = 4000;
const SHORTEST_MS = 1500;
/** The server had nothing to say before it closed. */
const QUIET_MS = 1000;

interface Fit {
  readonly text: string;
  readonly confidence: 'likely' | 'possible';
}

export const loginGraceExpired: CauseDefinition = {
  id: 'login-grace-expired',
  title: 'The login took longer than LoginGraceTime',
  fates: [
    ...(['fin-after-banner', 'rst-after-banner', 'close-during-kex', 'close-during-auth'] as const),
    'undetermined',
  ],
  needs:
    'without a login and without a word the server closes after a quiet time, 120 s (the default), another round value, or the same time as in other sessions after it was accepted; OpenSSH 9.9 and later add up to 4 s',
  says: 'Who connected did not finish the login in time: nobody at the prompt, a stuck client, or a path that lost something.',
  diagnose(record) {
    const elapsed = graceMs(record);
    if (elapsed === undefined) return undefined;
    const fit = fitOf(record, elapsed);
    const close = deciding(record);
    if (fit === undefined || close === undefined) return undefined;
    const last = lastSaid(record).findLast((packet) => packet.packet < close.packet);
    const other = otherServer(record);
    const waiting = last?.from !== 'client';
    const others = record.surroundings?.server.closedAfterMs?.length ?? 0;
    return {
      confidence: fit.confidence,
      summary: `The server closed ${seconds(elapsed.sinceAcceptMs)} after it had accepted, ${fit.text}, ${waiting ? 'while it waited for the client' : "though it owed the client's last message an answer"}: the login was not finished in time.`,
      evidence: [
        ...evidence([
          [entryOf(record, 'ACK') ?? entryOf(record, 'SYN-ACK'), 'the server accepts: the time begins'],
          [entryOf(record, 'identification string', 'server'), "the server's identification string"],
        ]),
        ...(last ? [{ packet: last.packet, time: last.time, what: `last data, from the ${last.from}` }] : []),
        { packet: close.packet, time: close.time, what: 'the server closes without a word' },
      ],
      nextSteps: [
        ...(isDropbear(record) || other !== undefined
          ? []
          : [
              `On the server, in sshd_config: \`LoginGraceTime ${moreThan(elapsed.sinceAcceptMs)}\`, then \`sshd -t && systemctl reload ssh\` (if people or slow clients need longer)`,
            ]),
        record.stage === 'auth'
          ? `On the client, if a program sat at a prompt: \`ssh -o BatchMode=yes -o IdentitiesOnly=yes -i KEY ${record.server.address}\``
          : `On the client: \`ssh -vvv -p ${record.server.port} ${record.server.address}\` (which step takes so long?)`,
        other !== undefined
          ? `${otherServersLog(other, close.time)}, and into its settings for how long a login may take`
          : isDropbear(record)
            ? `On the server: ${dropbearLog(close.time, 'before auth')} ("Timeout before auth" after AUTH_TIMEOUT, 300 s, which only another build of dropbear changes)`
            : `On the server: \`${journalAround(close.time)}\` ("Timeout before authentication"; OpenSSH before 9.8 may log nothing) and \`sshd -T | grep -i logingracetime\``,
        ...(others > 2
          ? [
              `On the server, ${plural(others, 'session')} of this capture ended so: \`${limitNew(record.client, record.server.port)}\` (if they are scanners)`,
            ]
          : []),
      ],
    };
  },
};

interface Elapsed {
  readonly sinceAcceptMs: number;
  /** sshd sets the alarm about when it sends its identification string. */
  readonly sinceIdentificationMs: number;
  readonly isClientsTurn: boolean;
}

/** Time that the server gave the client; undefined where it did not close so. */
function graceMs(record: SessionRecord): Elapsed | undefined {
  const close = deciding(record);
  if (close === undefined || close.side !== 'server' || record.endedBy !== 'server') return undefined;
  if (record.auth?.result === 'succeeded' || record.stage === 'session') return undefined;
  if (record.server.text !== undefined || record.kex?.mismatch !== undefined) return undefined;
  if (record.disconnect !== undefined) return undefined;
  const accepted = entryOf(record, 'ACK') ?? entryOf(record, 'SYN-ACK');
  const identification = entryOf(record, 'identification string', 'server');
  if (accepted === undefined || identification === undefined) return undefined;
  const said = lastSaid(record).findLast(({ packet, from }) => packet < close.packet && from === 'server');
  if (said !== undefined && msBetween(said, close) < QUIET_MS) return undefined;
  const isClientsTurn = lastSaid(record).findLast(({ packet }) => packet < close.packet)?.from !== 'client';
  const sinceAcceptMs = msBetween(accepted, close);
  if (sinceAcceptMs < SHORTEST_MS) return undefined;
  return { sinceAcceptMs, sinceIdentificationMs: msBetween(identification, close), isClientsTurn };
}

function fitOf(record: SessionRecord, elapsed: Elapsed): Fit | undefined {
  const { sinceAcceptMs, sinceIdentificationMs, isClientsTurn } = elapsed;
  const spreadMs = isRandom(record.server.software) ? RANDOM_MS : 0;
  const lateBy = (value: number) => sinceAcceptMs - value * 1000;
  const isAt = (value: number) => lateBy(value) >= -EXACT_MS && lateBy(value) <= LATE_MS + spreadMs;
  if (isAt(DEFAULT_SECONDS)) return { text: "LoginGraceTime's default of 120 s", confidence: 'likely' };
  const round = ROUND_SECONDS.find(isAt);
  const shared = sharedBy(record, sinceAcceptMs, LATE_MS + spreadMs);
  if (shared > 0) {
    return { text: `as in ${plural(shared, 'other session')} without a login`, confidence: 'likely' };
  }
  if (round !== undefined) {
    return {
      text: `a round ${round} s as in LoginGraceTime`,
      confidence: spreadMs > 0 ? 'possible' : 'likely',
    };
  }
  if (spreadMs > 0) {
    const text = 'as LoginGraceTime with its random part may do';
    return isClientsTurn ? { text, confidence: 'possible' } : undefined;
  }
  if (offSecond(sinceIdentificationMs) > TIMER_MS) {
    // A busy machine sends and ends late.
    const isNear = isOpenSsh(record) && isClientsTurn && sinceAcceptMs % 1000 <= LATE_MS;
    return isNear ? { text: 'about as late as a timer in whole seconds', confidence: 'possible' } : undefined;
  }
  // Of other programs nobody knows here what else they do after whole seconds.
  if (!isOpenSsh(record) && (isDropbear(record) || !isClientsTurn)) return undefined;
  return {
    text: 'a whole number of seconds, as a timer counts them',
    confidence: isOpenSsh(record) ? 'likely' : 'possible',
  };
}

/** How much later than a whole second. */
const offSecond = (ms: number): number => (ms + 5) % 1000;

/** Other sessions that the server closed after the same time. Its own time may be among them, once. */
function sharedBy(record: SessionRecord, ms: number, toleranceMs: number): number {
  const times = record.surroundings?.server.closedAfterMs ?? [];
  const alike = times.filter((time) => Math.abs(time - ms) <= toleranceMs && time >= SHORTEST_MS).length;
  const own = times.some((time) => Math.abs(time - ms) <= 1) ? 1 : 0;
  return alike - own;
}

function isRandom(software: string | undefined): boolean {
  const version = software?.match(/^OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/);
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > RANDOM_SINCE[0] || (major === RANDOM_SINCE[0] && minor >= RANDOM_SINCE[1]);
}

/** Whether the close fits a LoginGraceTime, for causes that would explain it otherwise. */
export function mayBeGrace(record: SessionRecord): boolean {
  const elapsed = graceMs(record);
  return elapsed !== undefined && fitOf(record, elapsed) !== undefined;
}

const moreThan = (ms: number): number => Math.max(DEFAULT_SECONDS, Math.round((ms * 2.5) / 30_000) * 30);
