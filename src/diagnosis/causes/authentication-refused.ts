import type { SessionRecord } from '../../session/record.ts';
import {
  type CauseDefinition,
  entryOf,
  evidence,
  type Finding,
  UnwrittenFinding,
} from '../cause-definition.ts';
import { DROPBEAR_AUTH_TRIES, dropbearLog, dropbearOption, isDropbear } from '../dropbear.ts';
import {
  deciding,
  journalAround,
  KEY_REQUEST_BYTES,
  lacksPackets,
  lastSaid,
  msBetween,
  msUntilClose,
  plural,
  remembered,
  type SaidPacket,
  seconds,
} from '../last-words.ts';
import { opensshRelease, releaseNumber } from '../openssh-algorithms.ts';
import { isOpenSsh, onOtherServer, otherServer, otherServersLog } from '../other-server.ts';
import { serverClosedItself } from '../own-close.ts';
import { mayBeGrace } from './login-grace-expired.ts';

/** A program leaves at once; a person takes longer than this, beside the way there and back. */
const AT_ONCE_MS = 500;
/** MaxAuthTries's default. */
const MAX_AUTH_TRIES = 6;
/**
 * dropbear waits 250 to 350 ms before it answers a refused attempt (svr-auth.c, send_msg_userauth_failure). When that was
 * the last one allowed it exits after the wait, and the answer stays in its queue. Its other exits come at once. To the
 * wait adds what a slow machine needs to hash a password.
 */
const DROPBEAR_WAIT_MS = { least: 240, most: 1500 } as const;
/** Between this and the end a person sat at a prompt. */
const PERSON_MS = 1000;

const FATES = ['close-during-auth'] as const;

/** What is common to the three: the last word, and how long after it who closed. */
interface End {
  readonly side: 'client' | 'server';
  /** FIN or RST, or the client's farewell before it. */
  readonly close: { readonly packet: number; readonly time: string };
  /** The last data before it. */
  readonly last: SaidPacket;
  readonly quietMs: number;
  readonly atOnce: boolean;
  readonly attempts: number;
}

const endOf = remembered((record): End | undefined => {
  const close = deciding(record);
  const auth = record.auth;
  if (close === undefined || auth === undefined || auth.result === 'succeeded') return undefined;
  const said = lastSaid(record).filter((packet) => packet.packet < close.packet);
  const attempts = auth.attempts ?? 0;
  const farewell = record.observed.clientAskedToLeave ? farewellIn(said) : undefined;
  const last = farewell?.before ?? said.at(-1);
  if (last === undefined) return undefined;
  const quietMs = farewell ? msBetween(last, farewell.first) : msUntilClose(record, last);
  const atOnce = quietMs < AT_ONCE_MS + (record.tcp.rttMs ?? 0);
  if (farewell) return { side: 'client', close: farewell.first, last, quietMs, atOnce, attempts };
  return { side: close.side, close, last, quietMs, atOnce, attempts };
});

/** The client's SSH_MSG_DISCONNECT, in one packet or in several, and the server's word that it follows. */
function farewellIn(said: readonly SaidPacket[]) {
  const index = said.findLastIndex(({ from }) => from === 'server');
  const before = said[index];
  const first = said[index + 1];
  return before && first && { before, first };
}

/** Below it a program acts, and tenths of a second say nothing. */
const RIGHT_AFTER_MS = 50;

const afterwards = (ms: number): string => (ms < RIGHT_AFTER_MS ? 'right after' : `${seconds(ms)} after`);

const refused = (attempts: number): string => (attempts === 1 ? 'one attempt' : `${attempts} attempts`);

export const authenticationFailed: CauseDefinition = {
  id: 'authentication-failed',
  title: 'The server refused to let the user in',
  fates: FATES,
  needs:
    "after at least one refused attempt, told from the sizes of the server's answers, the client leaves at once; or it leaves when the server has named its methods, or wants another one beside the key that it took, or a signature with it; or OpenSSH's server closes right after an answer that is no refusal, or in place of one, possible from 9.9 on also at the first request (RefuseConnection)",
  says: 'Wrong key or password, or the user may not log in (AllowUsers, DenyUsers, locked): the wire cannot tell which. Says how many attempts were refused.',
  diagnose(record) {
    const end = endOf(record);
    if (end === undefined) return undefined;
    if (isTurnedAway(record, end)) return turnedAway(record, end);
    if (mayRefuseConnection(record, end)) return refusedConnection(record, end);
    if (end.last.from !== 'server' || !end.atOnce) return undefined;
    if (end.side === 'client') {
      if (end.attempts > 0) return failed(record, end, 'likely');
      if (record.auth?.attempts === undefined) return uncounted(record, end);
      return record.auth.result === 'unknown' ? nothingToOffer(record, end) : undefined;
    }
    // The server ended it: too many, or one too many for this server.
    return end.attempts > 0 ? failed(record, end, 'possible') : refusedInWords(record, end);
  },
};

function failed(record: SessionRecord, end: End, confidence: Finding['confidence']): Finding {
  return new UnwrittenFinding(confidence, () => ({
    summary: `The server refused ${refused(end.attempts)} to log in, and ${end.side === 'server' ? 'closed' : 'the client left'} ${afterwards(end.quietMs)} the last refusal.`,
    evidence: proof(record, end, 'the last refusal'),
    nextSteps: steps(record, end),
  }));
}

/** A request with a signature is longer than this on the wire: two names, a key and 64 bytes at least. */
const SIGNED_REQUEST_BYTES = 200;

/** Partial success (RFC 4252 §5.1). */
function notEnough(record: SessionRecord, end: End): Finding {
  const option = 'AuthenticationMethods';
  // Other servers may have refused the signature itself.
  const ofOpenSsh = isOpenSsh(record);
  return new UnwrittenFinding(ofOpenSsh ? 'likely' : 'possible', () => ({
    summary: `The server took a key and refused none, but wanted another method besides (${option}), and the client had nothing to offer for that.`,
    evidence: proof(record, end, 'the answer to the signature, as long as a refusal: partial success'),
    nextSteps: [
      `On the client: \`ssh -o BatchMode=no -o PreferredAuthentications=publickey,keyboard-interactive,password${portOption(record)} USER@${record.server.address}\` (from a terminal: it asks for the second factor)`,
      ofOpenSsh
        ? `On the server: \`sshd -T -C user=USER,host=${record.client.address},addr=${record.client.address} | grep -i ${option.toLowerCase()}\` (what is wanted together; for programs, a Match block with \`${option} publickey\`)`
        : 'On the server: its settings for logins with two methods',
      askWhatContinues(record),
    ],
  }));
}

/** SSH_MSG_SERVICE_ACCEPT of ssh-userauth (RFC 4253 §10): the shortest that a server says behind its NEWKEYS. */
const ACCEPT_PAYLOAD = 1 + 4 + 'ssh-userauth'.length;
/** A key and its algorithm's name are longer, a name of a user, "keyboard-interactive" and what is around them shorter. */
const KEY_PAYLOAD = 100;
/** What a request has and its SSH_MSG_USERAUTH_PK_OK has not: the user, the service, the method, and padding. */
const LESS_IN_ANSWER = 90;

/**
 * The last answer took a key: SSH_MSG_USERAUTH_PK_OK repeats the one of the request (RFC 4252 §7). Only known where nothing
 * was refused before.
 */
function isUnsigned(record: SessionRecord, end: End): boolean {
  const request = lastRequest(record, end);
  if (record.auth?.attempts !== 0 || request === undefined) return false;
  if (requestsBefore(record, end) < LOGIN_REQUEST) return false;
  const shortest = Math.min(...answersBefore(record, end).map(({ bytes }) => bytes));
  const payload = request.bytes - (shortest - ACCEPT_PAYLOAD);
  const isEcho = end.last.bytes >= request.bytes - LESS_IN_ANSWER && end.last.bytes <= request.bytes;
  return payload >= KEY_PAYLOAD && isEcho;
}

/** The key is the right one: what the client lacks is the signature. */
function notSigned(record: SessionRecord, end: End): Finding {
  return new UnwrittenFinding('likely', () => ({
    summary:
      'The server would take the key that the client offered, and the client left without signing with it: its agent refused (locked, not confirmed, no touch of the hardware key), or the private key could not be read or lacks its passphrase.',
    evidence: proof(record, end, 'the answer to the key: as long as one that takes it'),
    nextSteps: signingSteps(record),
  }));
}

function signingSteps(record: SessionRecord): readonly string[] {
  return [
    `On the client: \`ssh -v -o IdentitiesOnly=yes -i ~/.ssh/id_ed25519${portOption(record)} USER@${record.server.address}\` from a terminal (asks for the passphrase; "agent refused operation" and "signing failed" name the reason)`,
    'On the client: `ssh-add -l` (does the agent hold this key?), then `ssh-add -d ~/.ssh/id_ed25519; ssh-add ~/.ssh/id_ed25519` (loads it anew), and `ls -l ~/.ssh/id_ed25519` (must belong to who runs ssh, mode 600)',
  ];
}

/** Bytes of a client that has not got far: key exchange, and some requests. */
const BEFORE_LOGIN_BYTES = 4500;

/** Sizes do not tell the answers apart, but after a login an OpenSSH client would have gone on. */
function uncounted(record: SessionRecord, end: End): Finding | undefined {
  const isOpenSshClient = record.client.software?.startsWith('OpenSSH_') ?? false;
  const { clientToServer, missed } = record.bytes;
  if (!isOpenSshClient || clientToServer + missed > BEFORE_LOGIN_BYTES) return undefined;
  if (lacksPackets(record) || record.tcp.markings !== undefined) return undefined;
  return new UnwrittenFinding('possible', () => ({
    summary: `The client left ${afterwards(end.quietMs)} an answer of the server and never opened a session: it was most likely refused; sizes do not tell how often.`,
    evidence: proof(record, end, "the server's last answer"),
    nextSteps: steps(record, end),
  }));
}

/** "none" was answered with the methods that may continue; the client had none of them. */
function nothingToOffer(record: SessionRecord, end: End): Finding | undefined {
  if (record.auth?.attempts !== 0) return undefined;
  const isClient = /^(OpenSSH_|PuTTY|dropbear)/.test(record.client.software ?? '');
  const request = lastRequest(record, end);
  // A key that is refused counts as an attempt.
  if (isUnsigned(record, end)) return notSigned(record, end);
  if (request !== undefined && request.bytes >= SIGNED_REQUEST_BYTES) return notEnough(record, end);
  return new UnwrittenFinding(isClient ? 'likely' : 'possible', () => ({
    summary:
      'The client left as soon as the server had named its methods of authentication: it had no key or password to offer for any of them, or only asked for the methods.',
    evidence: proof(record, end, "the server's answer"),
    nextSteps: offeringSteps(record, end),
  }));
}

/**
 * An account that may not be used: PAM says so when key or password were right, and sshd passes its words on
 * (SSH_MSG_USERAUTH_BANNER) before it exits, in place of a refusal.
 */
function refusedInWords(record: SessionRecord, end: End): Finding | undefined {
  const { auth } = record;
  if (!isOpenSsh(record) || auth?.result !== 'unknown' || !serverClosedItself(record)) return undefined;
  if (requestsBefore(record, end) < LOGIN_REQUEST || lacksPackets(record)) return undefined;
  // Compressed answers have no size of their own: it may as well have been a refusal.
  const { compression } = record.kex?.negotiated ?? {};
  if (compression === undefined || compression.serverToClient === 'zlib') return undefined;
  // As long as the answer that named the methods: a refusal, or SSH_MSG_DISCONNECT.
  if (answersBefore(record, end).some(({ bytes }) => bytes === end.last.bytes)) return undefined;
  const { close, last } = end;
  return new UnwrittenFinding('possible', () => ({
    summary: `The server answered a request to log in with a message that has not the size of a refusal, and then closed: most likely words of PAM, which turned the account away (expired, locked, /etc/nologin) although key or password were right.`,
    evidence: proof(record, end, "the server's last answer: neither success nor a refusal"),
    nextSteps: [
      `On the server: \`${journalAround(close.time)} | grep -E 'pam_|PAM|Access denied|expired|fatal'\` (names the user and the rule; ${last.bytes} bytes of it went to the client, whose screen shows them)`,
      'On the server: `chage -l USER; passwd -S USER; ls -l /etc/nologin /run/nologin` (expired? locked? no logins now?), `chage -E -1 USER` (never expires)',
      askWhatContinues(record),
    ],
  }));
}

/** PAM may ask a directory before it decides on the account. */
const ACCOUNT_CHECK_MS = 5000;

/**
 * Without words of PAM, sshd exits in place of an answer to the key or password that was right ("Access denied for user …
 * by PAM account configuration").
 */
export function isTurnedAway(record: SessionRecord, end = endOf(record)): boolean {
  if (end === undefined || end.side !== 'server' || end.last.from !== 'client') return false;
  const attempts = record.auth?.attempts;
  if (!isOpenSsh(record) || attempts === undefined || attempts >= MAX_AUTH_TRIES) return false;
  if (end.quietMs > ACCOUNT_CHECK_MS || !serverClosedItself(record)) return false;
  return requestsBefore(record, end) >= LOGIN_REQUEST && !lacksPackets(record);
}

function turnedAway(record: SessionRecord, end: End): Finding {
  const { close, quietMs } = end;
  // LoginGraceTime may run out while PAM waits after a wrong password.
  return new UnwrittenFinding(mayBeGrace(record) ? 'possible' : 'likely', () => ({
    summary: `The server closed ${afterwards(quietMs)} a request to log in, in place of an answer, as sshd does when key or password were right and PAM's account check refuses the user (pam_access, a host rule of SSSD or FreeIPA, pam_time).`,
    evidence: proof(record, end, 'the request; it gets no answer'),
    nextSteps: [
      `On the server: \`${journalAround(close.time)} | grep -E 'Access denied|pam_|PAM|fatal'\` ("Access denied for user … by PAM account configuration" names the user)`,
      "On the server: `grep -v '^#' /etc/security/access.conf`; with SSSD `sssctl user-checks USER -s sshd -a acct` (which rule refuses?)",
      `On the server: \`journalctl -k --since '-1 day' | grep -Ei 'oom|killed process|segfault|sshd'\` (if the log says nothing of PAM: the process died)`,
    ],
  }));
}

/** RefuseConnection came with it. */
const REFUSES_SINCE = '9.9';

/** sshd exits in place of the answer that would name the methods: its Match rules wanted to know the user. */
function mayRefuseConnection(record: SessionRecord, end: End): boolean {
  if (end.side !== 'server' || end.last.from !== 'client' || !end.atOnce) return false;
  const release = opensshRelease(record.server.software);
  if (release === undefined || releaseNumber(release) < releaseNumber(REFUSES_SINCE)) return false;
  if (lacksPackets(record) || !serverClosedItself(record)) return false;
  return requestsBefore(record, end) === LOGIN_REQUEST - 1;
}

function refusedConnection(record: SessionRecord, end: End): Finding {
  const { client, server } = record;
  return new UnwrittenFinding('possible', () => ({
    summary: `The server closed ${afterwards(end.quietMs)} the first request of authentication, in place of an answer, as OpenSSH ${REFUSES_SINCE} and later do with RefuseConnection.`,
    evidence: proof(record, end, 'the first request, which names the user; it gets no answer'),
    nextSteps: [
      `On the server: \`sshd -T -C user=USER,host=${client.address},addr=${client.address},lport=${server.port} | grep -i refuseconnection\` (yes: a Match block refuses this user or address)`,
      `On the server: \`${journalAround(end.close.time)}\` (names the rule, or what the process died of)`,
    ],
  }));
}

function proof(record: SessionRecord, { last, close, side }: End, what: string) {
  const isFarewell = close.packet !== record.observed.closes[0]?.packet;
  return [
    ...newKeysProof(record),
    { packet: last.packet, time: last.time, what },
    {
      packet: close.packet,
      time: close.time,
      what: isFarewell
        ? `the ${side} leaves, with a message of the size of its SSH_MSG_DISCONNECT`
        : `the ${side} closes`,
    },
  ];
}

const newKeysProof = (record: SessionRecord) =>
  evidence([
    [entryOf(record, 'SSH_MSG_NEWKEYS', 'client'), 'NEWKEYS: from here on only sizes and times tell'],
  ]);

/** The likelier fault first: a short last request is a password's, a long one a key's. Then the log, which knows. */
function steps(record: SessionRecord, end: End): readonly string[] {
  const request = lastRequest(record, end);
  const isKey = (request?.bytes ?? KEY_REQUEST_BYTES) >= KEY_REQUEST_BYTES;
  const [first, other] = isKey
    ? [giveKey(record), setPassword(record)]
    : [setPassword(record), giveKey(record)];
  return [first, ...serverSteps(record, end), other, askWhatContinues(record)];
}

/** The service is asked for, then the methods, then for a login. */
const LOGIN_REQUEST = 3;

/** The client's packets behind its NEWKEYS. */
function requestsBefore(record: SessionRecord, end: End): number {
  const newKeys = entryOf(record, 'SSH_MSG_NEWKEYS', 'client')?.packet ?? 0;
  return lastSaid(record).filter(
    ({ from, packet }) => from === 'client' && packet > newKeys && packet < end.close.packet,
  ).length;
}

/** The server's packets behind its NEWKEYS, without the last one. */
function answersBefore(record: SessionRecord, end: End): readonly SaidPacket[] {
  const newKeys = entryOf(record, 'SSH_MSG_NEWKEYS', 'server')?.packet ?? 0;
  return lastSaid(record).filter(
    ({ from, packet }) => from === 'server' && packet > newKeys && packet < end.last.packet,
  );
}

const lastRequest = (record: SessionRecord, end: End): SaidPacket | undefined =>
  lastSaid(record).findLast(({ from, packet }) => from === 'client' && packet < end.close.packet);

/** The client is what has to change. */
function offeringSteps(record: SessionRecord, end: End): readonly string[] {
  const { server } = record;
  return [
    giveKey(record),
    `On the client, if it is to ask for a password: \`ssh -o BatchMode=no -o PreferredAuthentications=keyboard-interactive,password${portOption(record)} USER@${server.address}\` (from a terminal; programs cannot answer)`,
    askWhatContinues(record),
    ...serverSteps(record, end),
  ];
}

const portOption = ({ server }: SessionRecord): string => (server.port === 22 ? '' : ` -p ${server.port}`);

function giveKey(record: SessionRecord): string {
  const { server } = record;
  const port = portOption(record);
  const other = otherServer(record);
  if (other !== undefined) {
    return `${onOtherServer(other)}: give the user the key of \`ssh-keygen -y -f ~/.ssh/id_ed25519\` where that program keeps them; then on the client: \`ssh -o IdentitiesOnly=yes -i ~/.ssh/id_ed25519${port} USER@${server.address}\``;
  }
  const where = isDropbear(record)
    ? '; root of OpenWrt has /etc/dropbear/authorized_keys instead'
    : ' of the user at the server';
  return `On the client: \`ssh-copy-id -i ~/.ssh/id_ed25519.pub${port} USER@${server.address}\` (puts the key into ~/.ssh/authorized_keys${where}), then \`ssh -o IdentitiesOnly=yes -i ~/.ssh/id_ed25519${port} USER@${server.address}\``;
}

function setPassword(record: SessionRecord): string {
  if (otherServer(record) !== undefined) {
    return "On the server: a new password for the user, in that program's own list or in the one that it asks (`passwd USER` where that is the system's)";
  }
  return isDropbear(record)
    ? 'On the server, if the user is one of yours: `passwd USER` (a new password), and `grep USER /etc/passwd /etc/shadow` (locked? a shell that /etc/shells does not list?)'
    : 'On the server, if the user is one of yours: `passwd USER` (a new password), and `passwd -S USER; chage -l USER` (locked or expired?)';
}

/** What the server logged, and who may log in. */
function serverSteps(record: SessionRecord, { close }: End): readonly string[] {
  if (isDropbear(record)) {
    return [
      `On the server: ${dropbearLog(close.time, 'Bad password|nonexistent user|rejected|not a member|must be owned|before auth')} (names the user and the reason; of a key that is not in authorized_keys it says nothing)`,
      "On the server: `ps w | grep '[d]ropbear'` (its start options: `-w` no root, `-g` no password for root, `-s` no passwords, `-G` one group only)",
    ];
  }
  const other = otherServer(record);
  if (other !== undefined) return [`${otherServersLog(other, close.time)} (who, and why not)`];
  return [
    `On the server: \`${journalAround(close.time)} | grep -E 'Failed|Invalid user|not allowed|Authentication refused'\` (names the user, the method and the reason)`,
    "On the server: `sshd -T | grep -Ei 'allowusers|denyusers|allowgroups|permitrootlogin|passwordauthentication|pubkeyauthentication'`",
  ];
}

const askWhatContinues = (record: SessionRecord): string =>
  `On the client: \`ssh -vv${portOption(record)} USER@${record.server.address}\` ("Authentications that can continue" names what the server takes)`;

export const tooManyAuthenticationFailures: CauseDefinition = {
  id: 'too-many-authentication-failures',
  title: 'More attempts than the server allows',
  fates: FATES,
  needs:
    'the server closes first, at once after it refused an attempt; or the client leaves after as many as MaxAuthTries allows by default, possible after more (SSH_MSG_DISCONNECT and a refusal have the same size, so either side may seem to close first); or dropbear closes without an answer 0.25 s and more after an attempt, likely with the tenth',
  says: 'MaxAuthTries (dropbear: `-T`) is reached, often by an agent that offers many keys before the right one. Says how many attempts were refused.',
  diagnose(record) {
    const end = endOf(record);
    if (end === undefined) return undefined;
    if (isDropbear(record)) return dropbearLimit(record, end);
    if (end.last.from !== 'server' || !end.atOnce || end.attempts === 0) return undefined;
    const byServer = end.side === 'server';
    const { server } = record;
    const port = portOption(record);
    const other = otherServer(record);
    // Of other servers nobody knows here what they allow.
    if (!byServer && (end.attempts < MAX_AUTH_TRIES || other !== undefined)) return undefined;
    // sshd disconnects at its sixth refusal, unless it allows more.
    const isLikely = byServer || (end.attempts === MAX_AUTH_TRIES && server.software !== undefined);
    const limit = other === undefined ? 'MaxAuthTries' : "the server's limit of attempts";
    return {
      confidence: isLikely ? 'likely' : 'possible',
      summary: `The server refused ${refused(end.attempts)}${byServer ? ' and then ended the session' : end.attempts === MAX_AUTH_TRIES ? ', as many as it allows by default' : ', more than it allows by default'}: ${limit} ${isLikely ? 'is' : 'may be'} reached.`,
      evidence: proof(record, end, 'the last refusal, or the disconnect message: both have this size'),
      nextSteps: [
        `On the client: \`ssh -o IdentitiesOnly=yes -i ~/.ssh/id_ed25519${port} USER@${server.address}\` (offers this key only; \`ssh-add -l\` shows what the agent offers otherwise)`,
        ...(other === undefined
          ? [
              `On the server, in sshd_config: \`MaxAuthTries ${Math.max(10, end.attempts + 4)}\`, then \`sshd -t && systemctl reload ssh\` (if users need more attempts)`,
              `On the server: \`${journalAround(end.close.time)} | grep -i 'too many authentication failures'\``,
            ]
          : [
              `${onOtherServer(other)}: more attempts, in its own settings (if users need them)`,
              otherServersLog(other, end.close.time),
            ]),
        `On the server: \`fail2ban-client status sshd\` (is ${record.client.address} banned now?)`,
      ],
    };
  },
};

/** It closes in place of the last answer, and without a word. */
function dropbearLimit(record: SessionRecord, end: End): Finding | undefined {
  if (end.side !== 'server' || end.last.from !== 'client') return undefined;
  // Where sizes do not tell how often it refused, nothing is known of the attempts.
  const before = record.auth?.attempts;
  const { least, most } = DROPBEAR_WAIT_MS;
  if (before === undefined || end.quietMs < least || end.quietMs > most + (record.tcp.rttMs ?? 0)) {
    return undefined;
  }
  const tries = before + 1;
  const isDefault = tries >= DROPBEAR_AUTH_TRIES;
  return new UnwrittenFinding(isDefault ? 'likely' : 'possible', () => ({
    summary: `The server ended the session ${seconds(end.quietMs)} after ${before === 0 ? 'the first attempt' : `attempt ${tries}`} to log in, without an answer, as dropbear does when its limit of refused attempts is reached (${DROPBEAR_AUTH_TRIES} by default${isDefault ? '' : `; it may have been started with -T ${tries}${tries > 1 ? ' or less' : ''}`}).`,
    evidence: [
      ...newKeysProof(record),
      { packet: end.last.packet, time: end.last.time, what: 'the last attempt; it gets no answer' },
      { packet: end.close.packet, time: end.close.time, what: 'the server closes' },
    ],
    nextSteps: [
      `On the server: ${dropbearLog(end.close.time, 'Max auth tries|Bad password|nonexistent user')} (names the user, and who guesses)`,
      setPassword(record),
      giveKey(record),
      `${dropbearOption(`-T ${Math.max(2 * DROPBEAR_AUTH_TRIES, tries + 4)}`)} (if users need more attempts), or \`-s\` (no passwords: guessing ends)`,
    ],
  }));
}

export const userGaveUp: CauseDefinition = {
  id: 'user-gave-up',
  title: 'The user left at the prompt',
  fates: FATES,
  needs: 'the client closes while the server waits for its answer, more than a second after it was asked',
  says: 'Somebody interrupted the client at the prompt, or a program had nothing to type. Says how long the prompt stood.',
  diagnose(record) {
    const end = endOf(record);
    if (end === undefined || end.side !== 'client' || end.last.from !== 'server' || end.atOnce)
      return undefined;
    if (end.quietMs < PERSON_MS + (record.tcp.rttMs ?? 0)) return undefined;
    const before = end.attempts > 0 ? ` after ${plural(end.attempts, 'refused attempt')}` : '';
    const { server } = record;
    const port = portOption(record);
    if (isUnsigned(record, end)) return passphraseNotGiven(record, end);
    return {
      confidence: 'likely',
      summary: `The client left${before} while the server waited for it, ${seconds(end.quietMs)} after it had been asked: the user gave up at the prompt.`,
      evidence: proof(record, end, "the server's last word: it waits for the client"),
      nextSteps: [
        `On the client, if no person was to type: \`ssh-copy-id -i ~/.ssh/id_ed25519.pub${port} USER@${server.address}\`, then \`ssh -o BatchMode=yes -i ~/.ssh/id_ed25519${port} USER@${server.address}\` (never asks)`,
        `On the server, if the password is forgotten: \`passwd USER\``,
        gaveUpLog(record, end.close.time),
      ],
    };
  },
};

/** The server has the key already. */
function passphraseNotGiven(record: SessionRecord, end: End): Finding {
  return {
    confidence: 'likely',
    summary: `The client left while the server waited for its signature, ${seconds(end.quietMs)} after the server had taken its key: the user gave up at the prompt for the passphrase, or did not touch the hardware key.`,
    evidence: proof(record, end, 'the answer to the key: as long as one that takes it'),
    nextSteps: [...signingSteps(record), gaveUpLog(record, end.close.time)],
  };
}

function gaveUpLog(record: SessionRecord, time: string): string {
  const other = otherServer(record);
  if (other !== undefined) return `${otherServersLog(other, time)} (names the user)`;
  return isDropbear(record)
    ? `On the server: ${dropbearLog(time, 'before auth')} (names the user)`
    : `On the server: \`${journalAround(time)} | grep 'Connection closed by authenticating user'\` (names the user)`;
}
