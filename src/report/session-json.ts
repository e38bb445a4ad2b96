import type { Fate } from '../fate/vocabulary.ts';
import type {
  AuthRecord,
  Cause,
  CloseFacts,
  Directions,
  EarlierSession,
  Endpoint,
  FateFacts,
  KexRecord,
  LastWords,
  LaterSession,
  OtherSessions,
  SessionRecord,
  SurroundingsRecord,
  TcpRecord,
  TimingRecord,
} from '../session/record.ts';
import type { JsonBytes, Phrase } from './json-bytes.ts';
import { literals, phrase } from './json-bytes.ts';

/**
 * Writes a session record as one JSON object, member by member in the order of its type: the same value as
 * `JSON.stringify(record)`, faster (see {@link JsonBytes}).
 */
export function writeSession(json: JsonBytes, record: SessionRecord): void {
  json.raw(PART.session);
  json.number(record.session);
  json.word(WORD.capture, record.capture);
  json.raw(PART.communityId);
  json.text(record.communityId);
  json.raw(PART.start);
  json.text(record.start);
  json.raw(PART.end);
  json.text(record.end);
  json.raw(PART.durationMs);
  json.number(record.durationMs);
  json.raw(PART.client);
  writeEndpoint(json, record.client);
  json.raw(PART.server);
  writeEndpoint(json, record.server);
  optionalValue(json, PART.nesting, record.nesting);
  const { packets, bytes } = record;
  json.raw(PART.packetsFirst);
  json.number(packets.first);
  json.raw(PART.last);
  json.number(packets.last);
  json.raw(PART.thenClientToServer);
  json.number(packets.clientToServer);
  json.raw(PART.thenServerToClient);
  json.number(packets.serverToClient);
  json.raw(PART.bytes);
  json.number(bytes.clientToServer);
  json.raw(PART.thenServerToClient);
  json.number(bytes.serverToClient);
  json.raw(PART.missed);
  json.number(bytes.missed);
  json.word(WORD.fate, record.fate);
  json.word(WORD.stage, record.stage);
  json.word(WORD.ending, record.ending);
  json.word(WORD.endedBy, record.endedBy);
  json.word(WORD.certainty, record.certainty);
  optionalWord(json, WORD.reason, record.reason);
  optionalNumber(json, PART.revision, record.revision);
  optionalWord(json, WORD.times, record.times);
  const { cause, alternatives } = record;
  if (cause !== undefined) {
    json.raw(PART.cause);
    writeCause(json, cause);
  }
  if (alternatives !== undefined) {
    json.raw(PART.alternatives);
    writeList(json, alternatives, writeCause);
  }
  optionalWord(json, WORD.clientMessage, record.clientMessage);
  optionalValue(json, PART.nextCapture, record.nextCapture);
  const { kex, disconnect, auth, notes } = record;
  if (kex !== undefined) writeKex(json, kex);
  optionalValue(json, PART.disconnect, disconnect);
  if (auth !== undefined) writeAuth(json, auth);
  writeTcp(json, record.tcp);
  writeTiming(json, record.timing);
  if (notes !== undefined) {
    json.raw(PART.notes);
    writeList(json, notes, writeWord);
  }
  writeTimeline(json, record.timeline);
  writeAnomalies(json, record.anomalies);
  const { surroundings } = record;
  if (surroundings !== undefined) writeSurroundings(json, surroundings);
  writeObserved(json, record.observed);
  json.raw(PART.close);
}

type Part = Uint8Array;

function writeEndpoint(json: JsonBytes, endpoint: Endpoint): void {
  json.raw(PART.address);
  json.text(endpoint.address);
  json.raw(PART.port);
  json.number(endpoint.port);
  optionalWord(json, WORD.identification, endpoint.identification);
  optionalWord(json, WORD.software, endpoint.software);
  optionalWord(json, WORD.hassh, endpoint.hassh);
  optionalWord(json, WORD.hasshServer, endpoint.hasshServer);
  if (endpoint.hostKey !== undefined) {
    json.word(WORD.hostKeyAlgorithm, endpoint.hostKey.algorithm);
    json.word(WORD.fingerprint, endpoint.hostKey.fingerprint);
    json.raw(PART.close);
  }
  if (endpoint.text !== undefined) {
    json.raw(PART.text);
    writeList(json, endpoint.text, writeWord);
  }
  optionalValue(json, PART.foreignProtocol, endpoint.foreign);
  json.raw(PART.close);
}

function writeCause(json: JsonBytes, cause: Cause): void {
  json.word(WORD.id, cause.id);
  json.word(WORD.confidence, cause.confidence);
  json.word(WORD.summary, cause.summary);
  json.raw(PART.evidence);
  let opening = PART.packet;
  for (const { packet, time, what } of cause.evidence) {
    json.raw(opening);
    json.number(packet);
    json.raw(PART.time);
    json.text(time);
    json.word(WORD.what, what);
    opening = PART.nextPacket;
  }
  json.raw(cause.evidence.length === 0 ? PART.closeList : PART.closeObjectAndList);
  json.raw(PART.nextSteps);
  writeList(json, cause.nextSteps, writeWord);
  json.raw(PART.close);
}

function writeKex(json: JsonBytes, kex: KexRecord): void {
  json.raw(PART.kex);
  optionalShared(json, PART.kexClient, kex.client);
  optionalShared(json, PART.kexServer, kex.server);
  optionalShared(json, PART.negotiated, kex.negotiated);
  optionalShared(json, PART.mismatch, kex.mismatch);
  if (kex.strict !== undefined) json.raw(kex.strict ? PART.strict : PART.notStrict);
  if (kex.hybridPostQuantum !== undefined) {
    json.raw(kex.hybridPostQuantum ? PART.hybridPostQuantum : PART.notHybridPostQuantum);
  }
  json.raw(PART.messages);
  let separate = false;
  for (const message of kex.messages) {
    if (separate) json.raw(PART.nextObject);
    json.word(message.from === 'client' ? WORD.clientMessageName : WORD.serverMessageName, message.name);
    json.raw(PART.atPacket);
    json.number(message.packet);
    separate = true;
  }
  json.raw(kex.messages.length === 0 ? PART.closeList : PART.closeObjectAndList);
  json.raw(PART.close);
}

/** Sessions share proposals and what was negotiated between them. The member is followed by a comma. */
function optionalShared(json: JsonBytes, name: Part, value: object | undefined): void {
  if (value === undefined) return;
  json.raw(name);
  json.shared(value);
  json.raw(PART.comma);
}

function writeAuth(json: JsonBytes, auth: AuthRecord): void {
  json.word(WORD.authResult, auth.result);
  optionalNumber(json, PART.attempts, auth.attempts);
  json.word(WORD.certainty, auth.certainty);
  json.raw(PART.close);
}

function writeTcp(json: JsonBytes, tcp: TcpRecord): void {
  json.word(WORD.tcp, tcp.connState);
  json.word(WORD.history, tcp.history);
  optionalNumber(json, PART.rttMs, tcp.rttMs);
  json.raw(PART.synRetransmissions);
  json.number(tcp.synRetransmissions);
  const { retransmissions, outOfOrder, duplicates, gaps, zeroWindows } = tcp;
  if (
    isNone(retransmissions) &&
    isNone(outOfOrder) &&
    isNone(duplicates) &&
    isNone(gaps) &&
    isNone(zeroWindows)
  ) {
    json.raw(PART.noTroubles);
  } else {
    writeDirections(json, PART.retransmissions, retransmissions);
    writeDirections(json, PART.outOfOrder, outOfOrder);
    writeDirections(json, PART.duplicates, duplicates);
    writeDirections(json, PART.gaps, gaps);
    writeDirections(json, PART.zeroWindows, zeroWindows);
  }
  if (tcp.mss !== undefined) {
    json.raw(PART.mss);
    writeSides(json, tcp.mss.client, tcp.mss.server, writeNumber);
  }
  json.raw(PART.hopLimits);
  writeSides(json, tcp.hopLimits.client, tcp.hopLimits.server, writeNumbers);
  json.raw(PART.checksumErrors);
  json.number(tcp.checksumErrors);
  optionalValue(json, PART.synRepeats, tcp.synRepeats);
  if (tcp.synTrafficClass !== undefined) {
    json.raw(PART.synTrafficClass);
    writeSides(json, tcp.synTrafficClass.client, tcp.synTrafficClass.server, writeNumber);
  }
  optionalValue(json, PART.resets, tcp.resets);
  optionalValue(json, PART.icmp, tcp.icmp);
  optionalValue(json, PART.markings, tcp.markings);
  if (tcp.last !== undefined) {
    json.raw(PART.lastOfClient);
    writeLastWords(json, tcp.last.client);
    json.raw(PART.thenServer);
    writeLastWords(json, tcp.last.server);
    json.raw(PART.close);
  }
  json.raw(PART.close);
}

function writeLastWords(json: JsonBytes, words: LastWords): void {
  json.raw(PART.data);
  let opening = PART.packet;
  for (const data of words.data) {
    json.raw(opening);
    json.number(data.packet);
    json.raw(PART.time);
    json.timeOf(data);
    json.raw(PART.payloadBytes);
    json.number(data.bytes);
    opening = PART.nextPacket;
  }
  json.raw(words.data.length === 0 ? PART.closeList : PART.closeObjectAndList);
  optionalValue(json, PART.unanswered, words.unanswered);
  optionalNumber(json, PART.heardAfter, words.heardAfter);
  optionalNumber(json, PART.probes, words.probes);
  optionalNumber(json, PART.largestBytes, words.largestBytes);
  optionalNumber(json, PART.largestDeliveredBytes, words.largestDeliveredBytes);
  optionalValue(json, PART.sack, words.sack);
  optionalValue(json, PART.hole, words.hole);
  json.raw(PART.close);
}

function isNone({ client, server }: Directions): boolean {
  return client === 0 && server === 0;
}

function writeDirections(json: JsonBytes, name: Part, { client, server }: Directions): void {
  json.raw(name);
  writeSides(json, client, server, writeNumber);
}

function writeSides<T>(
  json: JsonBytes,
  client: T | undefined,
  server: T | undefined,
  write: (json: JsonBytes, value: T) => void,
): void {
  json.raw(PART.open);
  if (client !== undefined) {
    json.raw(PART.sideClient);
    write(json, client);
  }
  if (server !== undefined) {
    json.raw(client === undefined ? PART.sideServer : PART.thenServer);
    write(json, server);
  }
  json.raw(PART.close);
}

function writeTiming(json: JsonBytes, timing: TimingRecord): void {
  const { connectMs, synAckMs, ackMs, identificationMs, kexMs, authMs } = timing;
  const { idleBeforeEndMs, idleBeforeUnansweredMs } = timing;
  json.raw(PART.timing);
  let first = writeTime(json, PART.connectMs, connectMs, true);
  first = writeTime(json, PART.synAckMs, synAckMs, first);
  first = writeTime(json, PART.ackMs, ackMs, first);
  first = writeTime(json, PART.identificationMs, identificationMs, first);
  first = writeTime(json, PART.kexMs, kexMs, first);
  first = writeTime(json, PART.authMs, authMs, first);
  first = writeTime(json, PART.idleBeforeEndMs, idleBeforeEndMs, first);
  writeTime(json, PART.idleBeforeUnansweredMs, idleBeforeUnansweredMs, first);
  json.raw(PART.close);
}

/** Returns whether the next member will be the first. */
function writeTime(json: JsonBytes, name: Part, ms: number | undefined, first: boolean): boolean {
  if (ms === undefined) return first;
  if (!first) json.raw(PART.comma);
  json.raw(name);
  json.number(ms);
  return false;
}

function writeTimeline(json: JsonBytes, timeline: SessionRecord['timeline']): void {
  json.raw(PART.timeline);
  let opening = PART.packet;
  for (const entry of timeline) {
    json.raw(opening);
    json.number(entry.packet);
    json.raw(PART.time);
    json.timeOf(entry);
    json.word(WORD_FROM[entry.from], entry.what);
    optionalWord(json, WORD.detail, entry.detail);
    opening = PART.nextPacket;
  }
  json.raw(timeline.length === 0 ? PART.closeList : PART.closeObjectAndList);
}

function writeAnomalies(json: JsonBytes, anomalies: SessionRecord['anomalies']): void {
  json.raw(PART.anomalies);
  let separate = false;
  for (const anomaly of anomalies) {
    if (separate) json.raw(PART.nextObject);
    json.word(WORD.code, anomaly.code);
    json.word(WORD.layer, anomaly.layer);
    optionalWord(json, WORD.direction, anomaly.direction);
    json.raw(PART.atPacket);
    json.number(anomaly.packet);
    separate = true;
  }
  json.raw(anomalies.length === 0 ? PART.closeList : PART.closeObjectAndList);
}

function writeObserved(json: JsonBytes, observed: FateFacts): void {
  json.word(WORD.handshake, observed.handshake);
  json.word(WORD.stage, observed.stage);
  json.raw(PART.stageInferred);
  json.boolean(observed.stageInferred);
  json.raw(PART.closes);
  writeList(json, observed.closes, writeClose);
  optionalValue(json, PART.icmp, observed.icmp);
  if (observed.owed !== undefined) {
    json.word(WORD.owedBy, observed.owed.by);
    json.word(WORD.what, observed.owed.what);
    json.raw(PART.silent);
    json.boolean(observed.owed.silent);
    json.raw(PART.close);
  }
  json.raw(PART.foreign);
  json.boolean(observed.foreign);
  json.raw(PART.clientAskedToLeave);
  json.boolean(observed.clientAskedToLeave);
  optionalWord(json, WORD.missing, observed.missing);
  optionalWord(json, WORD.oneDirection, observed.oneDirection);
  json.raw(PART.close);
}

function writeClose(json: JsonBytes, close: CloseFacts): void {
  json.raw(close.side === 'client' ? PART.closeByClient : PART.closeByServer);
  json.raw(close.kind === 'fin' ? PART.kindFin : PART.kindRst);
  json.raw(PART.atPacket);
  json.number(close.packet);
  json.raw(PART.atMs);
  json.number(close.atMs);
  json.word(WORD.stage, close.stage);
  json.raw(PART.byOrder);
  json.boolean(close.byOrder);
  json.raw(PART.afterPeerClose);
  json.boolean(close.afterPeerClose);
  json.raw(PART.unacknowledged);
  json.boolean(close.unacknowledged);
  json.raw(PART.forged);
  json.boolean(close.forged);
  json.raw(PART.close);
}

/** By hand like all else: `JSON.stringify` and what escapes its text took a seventh of the time of a record. */
function writeSurroundings(
  json: JsonBytes,
  { server, client, neighbour, gateway }: SurroundingsRecord,
): void {
  json.raw(PART.surroundings);
  writeOthers(json, server);
  optionalWord(json, WORD.software, server.software);
  optionalNumbers(json, PART.otherHopLimits, server.hopLimits);
  optionalNumber(json, PART.otherSynAckMs, server.synAckMs);
  optionalNumber(json, PART.otherIdentificationMs, server.identificationMs);
  const { markings, unauthenticated, together } = server;
  if (markings !== undefined) {
    json.raw(PART.answeredMarkings);
    writeNumbers(json, markings.answered);
    json.raw(PART.unansweredMarkings);
    writeNumbers(json, markings.unanswered);
    json.raw(PART.close);
  }
  if (unauthenticated !== undefined) {
    json.raw(PART.unauthenticated);
    json.number(unauthenticated.sessions);
    json.raw(PART.packets);
    writeNumbers(json, unauthenticated.packets);
    json.raw(PART.close);
  }
  if (together !== undefined) {
    json.raw(PART.together);
    json.number(together.sessions);
    json.raw(PART.clients);
    json.number(together.clients);
    json.raw(PART.packets);
    writeNumbers(json, together.packets);
    json.raw(PART.close);
  }
  optionalNumber(json, PART.survivors, server.survivors);
  optionalNumbers(json, PART.closedAfterMs, server.closedAfterMs);
  json.raw(PART.ofClient);
  writeOthers(json, client);
  if (client.earlier !== undefined) {
    json.raw(PART.earlier);
    writeList(json, client.earlier, writeEarlier);
  }
  if (client.later !== undefined) {
    json.raw(PART.later);
    writeList(json, client.later, writeLater);
  }
  json.raw(PART.servers);
  json.number(client.servers);
  json.raw(PART.ports);
  json.number(client.ports);
  json.raw(PART.close);
  optionalValue(json, PART.neighbour, neighbour);
  optionalValue(json, PART.gateway, gateway);
  json.raw(PART.close);
}

function writeOthers(json: JsonBytes, others: OtherSessions): void {
  json.raw(PART.sessions);
  json.number(others.sessions);
  json.raw(PART.clients);
  json.number(others.clients);
  json.raw(PART.answered);
  json.number(others.answered);
  json.raw(PART.identified);
  json.number(others.identified);
  json.raw(PART.authenticated);
  json.number(others.authenticated);
  json.raw(PART.fates);
  let separate = false;
  for (const fate in others.fates) {
    if (separate) json.raw(PART.comma);
    json.word(MEMBER, fate);
    json.number(others.fates[fate as Fate] as number);
    separate = true;
  }
  json.raw(PART.close);
}

function writeEarlier(json: JsonBytes, earlier: EarlierSession): void {
  json.raw(PART.earlierSession);
  json.number(earlier.session);
  json.word(WORD.earlierFate, earlier.fate);
  optionalWord(json, WORD.earlierCause, earlier.cause);
  json.raw(PART.agoMs);
  json.number(earlier.agoMs);
  json.raw(PART.atPacket);
  json.number(earlier.packet);
  json.raw(PART.close);
}

function writeLater(json: JsonBytes, later: LaterSession): void {
  json.raw(PART.earlierSession);
  json.number(later.session);
  json.word(WORD.earlierFate, later.fate);
  json.raw(PART.inMs);
  json.number(later.inMs);
  json.raw(PART.atPacket);
  json.number(later.packet);
  json.raw(PART.close);
}

function writeList<T>(json: JsonBytes, list: readonly T[], write: (json: JsonBytes, item: T) => void): void {
  json.raw(PART.openList);
  for (let i = 0; i < list.length; i++) {
    if (i > 0) json.raw(PART.comma);
    write(json, list[i] as T);
  }
  json.raw(PART.closeList);
}

const writeWord = (json: JsonBytes, text: string): void => json.word(PLAIN, text);
const writeNumber = (json: JsonBytes, value: number): void => json.number(value);
const writeNumbers = (json: JsonBytes, list: readonly number[]): void => writeList(json, list, writeNumber);

function optionalWord(json: JsonBytes, place: Phrase, text: string | undefined): void {
  if (text !== undefined) json.word(place, text);
}

/** For what few sessions have: the ordinary way. */
function optionalValue(json: JsonBytes, name: Part, value: unknown): void {
  if (value === undefined) return;
  json.raw(name);
  json.value(value);
}

function optionalNumbers(json: JsonBytes, name: Part, list: readonly number[] | undefined): void {
  if (list === undefined) return;
  json.raw(name);
  writeNumbers(json, list);
}

function optionalNumber(json: JsonBytes, name: Part, value: number | undefined): void {
  if (value === undefined) return;
  json.raw(name);
  json.number(value);
}

/** Each part closes what the one before it left open, so that a member costs one copy. */
const PART = literals({
  open: '{',
  close: '}',
  openList: '[',
  closeList: ']',
  closeObjectAndList: '}]',
  comma: ',',
  session: '{"schema":"sshfate/session@1","session":',
  communityId: ',"communityId":',
  start: ',"start":',
  end: ',"end":',
  durationMs: ',"durationMs":',
  client: ',"client":',
  server: ',"server":',
  nesting: ',"nesting":',
  packetsFirst: ',"packets":{"first":',
  last: ',"last":',
  thenClientToServer: ',"clientToServer":',
  thenServerToClient: ',"serverToClient":',
  bytes: '},"bytes":{"clientToServer":',
  missed: ',"missed":',
  cause: ',"cause":',
  alternatives: ',"alternatives":',
  address: '{"address":',
  port: ',"port":',
  text: ',"text":',
  evidence: ',"evidence":[',
  nextSteps: ',"nextSteps":',
  kex: ',"kex":{',
  kexClient: '"client":',
  kexServer: '"server":',
  negotiated: '"negotiated":',
  mismatch: '"mismatch":',
  strict: '"strict":true,',
  notStrict: '"strict":false,',
  hybridPostQuantum: '"hybridPostQuantum":true,',
  notHybridPostQuantum: '"hybridPostQuantum":false,',
  messages: '"messages":[',
  atPacket: ',"packet":',
  attempts: ',"attempts":',
  revision: ',"revision":',
  rttMs: ',"rttMs":',
  synRetransmissions: ',"synRetransmissions":',
  retransmissions: ',"retransmissions":',
  outOfOrder: ',"outOfOrder":',
  duplicates: ',"duplicates":',
  gaps: ',"gaps":',
  zeroWindows: ',"zeroWindows":',
  noTroubles:
    ',"retransmissions":{"client":0,"server":0},"outOfOrder":{"client":0,"server":0},"duplicates":{"client":0,"server":0},"gaps":{"client":0,"server":0},"zeroWindows":{"client":0,"server":0}',
  mss: ',"mss":',
  hopLimits: ',"hopLimits":',
  checksumErrors: ',"checksumErrors":',
  sideClient: '"client":',
  sideServer: '"server":',
  thenServer: ',"server":',
  timing: ',"timing":{',
  connectMs: '"connectMs":',
  identificationMs: '"identificationMs":',
  kexMs: '"kexMs":',
  authMs: '"authMs":',
  synAckMs: '"synAckMs":',
  ackMs: '"ackMs":',
  idleBeforeEndMs: '"idleBeforeEndMs":',
  idleBeforeUnansweredMs: '"idleBeforeUnansweredMs":',
  notes: ',"notes":',
  timeline: ',"timeline":[',
  packet: '{"packet":',
  nextPacket: '},{"packet":',
  time: ',"time":',
  anomalies: ',"anomalies":[',
  stageInferred: ',"stageInferred":',
  closes: ',"closes":',
  closeByClient: '{"side":"client","kind":',
  closeByServer: '{"side":"server","kind":',
  kindFin: '"fin"',
  kindRst: '"rst"',
  atMs: ',"atMs":',
  byOrder: ',"byOrder":',
  afterPeerClose: ',"afterPeerClose":',
  unacknowledged: ',"unacknowledged":',
  icmp: ',"icmp":',
  silent: ',"silent":',
  forged: ',"forged":',
  synRepeats: ',"synRepeats":',
  synTrafficClass: ',"synTrafficClass":',
  resets: ',"resets":',
  disconnect: ',"disconnect":',
  foreignProtocol: ',"foreign":',
  foreign: ',"foreign":',
  clientAskedToLeave: ',"clientAskedToLeave":',
  nextObject: '},',
  nextCapture: ',"nextCapture":',
  surroundings: ',"surroundings":{"server":',
  sessions: '{"sessions":',
  clients: ',"clients":',
  answered: ',"answered":',
  identified: ',"identified":',
  authenticated: ',"authenticated":',
  fates: ',"fates":{',
  otherHopLimits: ',"hopLimits":',
  otherSynAckMs: ',"synAckMs":',
  otherIdentificationMs: ',"identificationMs":',
  answeredMarkings: ',"markings":{"answered":',
  unansweredMarkings: ',"unanswered":',
  unauthenticated: ',"unauthenticated":{"sessions":',
  packets: ',"packets":',
  together: ',"together":{"sessions":',
  survivors: ',"survivors":',
  closedAfterMs: ',"closedAfterMs":',
  ofClient: '},"client":',
  earlier: ',"earlier":',
  earlierSession: '{"session":',
  agoMs: ',"agoMs":',
  later: ',"later":',
  inMs: ',"inMs":',
  servers: ',"servers":',
  ports: ',"ports":',
  neighbour: ',"neighbour":',
  gateway: ',"gateway":',
  markings: ',"markings":',
  lastOfClient: ',"last":{"client":',
  data: '{"data":[',
  payloadBytes: ',"bytes":',
  unanswered: ',"unanswered":',
  heardAfter: ',"heardAfter":',
  probes: ',"probes":',
  largestBytes: ',"largestBytes":',
  largestDeliveredBytes: ',"largestDeliveredBytes":',
  sack: ',"sack":',
  hole: ',"hole":',
});

const PLAIN = phrase('');
const MEMBER = phrase('', ':');

const WORD = {
  capture: phrase(',"capture":'),
  fate: phrase('},"fate":'),
  earlierFate: phrase(',"fate":'),
  earlierCause: phrase(',"cause":'),
  stage: phrase(',"stage":'),
  ending: phrase(',"ending":'),
  endedBy: phrase(',"endedBy":'),
  certainty: phrase(',"certainty":'),
  reason: phrase(',"reason":'),
  times: phrase(',"times":'),
  clientMessage: phrase(',"clientMessage":'),
  identification: phrase(',"identification":'),
  software: phrase(',"software":'),
  hassh: phrase(',"hassh":'),
  hasshServer: phrase(',"hasshServer":'),
  hostKeyAlgorithm: phrase(',"hostKey":{"algorithm":'),
  fingerprint: phrase(',"fingerprint":'),
  id: phrase('{"id":'),
  confidence: phrase(',"confidence":'),
  summary: phrase(',"summary":'),
  authResult: phrase(',"auth":{"result":'),
  detail: phrase(',"detail":'),
  tcp: phrase(',"tcp":{"connState":'),
  history: phrase(',"history":'),
  what: phrase(',"what":'),
  code: phrase('{"code":'),
  layer: phrase(',"layer":'),
  direction: phrase(',"direction":'),
  handshake: phrase(',"observed":{"handshake":'),
  owedBy: phrase(',"owed":{"by":'),
  missing: phrase(',"missing":'),
  oneDirection: phrase(',"oneDirection":'),
  clientMessageName: phrase('{"from":"client","name":'),
  serverMessageName: phrase('{"from":"server","name":'),
} as const;

const WORD_FROM = {
  client: phrase(',"from":"client","what":'),
  server: phrase(',"from":"server","what":'),
  path: phrase(',"from":"path","what":'),
} as const;
