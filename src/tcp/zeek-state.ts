import { ACK, FIN, RST, SYN } from '../wire/segment.ts';
import {
  advanceAcked,
  advanceLast,
  arrive,
  CLOSED,
  dropRuns,
  Endpoint,
  ESTABLISHED,
  INACTIVE,
  joinRuns,
  leaveUnacknowledged,
  MAX_WITHOUT_FURTHER_ACKS,
  PARTIAL,
  RESET,
  resetNumbers,
  SYN_ACK_SENT,
  SYN_SENT,
  setNumbers,
  size,
  TOO_LARGE_JUMP,
} from './zeek-endpoint.ts';

/*
 * Zeek's `conn_state` and `history` of one TCP connection, by the rules of Zeek 8 (its TCPSessionAdapter, TCP_Endpoint,
 * TCP_Reassembler and the conn_state() function of base/protocols/conn). The originator is the client (side 0).
 *
 * Endpoint states. A side starts INACTIVE; "peer" is the other side. A segment with several of SYN, FIN and RST goes
 * through its rows in this order.
 *
 *   state                   segment                                      becomes
 *   INACTIVE                SYN of the client                            SYN_SENT
 *                           SYN+ACK of the client                        SYN_ACK_SENT
 *                           SYN of the server, with or without ACK       ESTABLISHED, and the peer too if it is SYN_SENT
 *                           FIN                                          CLOSED
 *                           RST                                          RESET
 *                           none of them: server, no payload, the client
 *                             is SYN_SENT (an ACK before the SYN-ACK)    INACTIVE
 *                           none of them: ACK, the peer is ESTABLISHED   ESTABLISHED (the SYN was missed)
 *                           none of them: anything else                  PARTIAL
 *   SYN_SENT, SYN_ACK_SENT  FIN                                          CLOSED
 *                           RST                                          RESET
 *   ESTABLISHED, PARTIAL    SYN without ACK, PARTIAL, peer INACTIVE      SYN_SENT
 *                           FIN without RST                              CLOSED; a peer that was RESET after CLOSED is
 *                                                                          CLOSED again
 *                           RST                                          RESET
 *   CLOSED                  RST, peer not CLOSED                         RESET
 *   RESET                                                                RESET
 *
 * conn_state, first row that fits ("none" is INACTIVE or PARTIAL, "*" anything):
 *
 *   client                    server        conn_state
 *   SYN_SENT, SYN_ACK_SENT    RESET         REJ
 *   RESET, no bytes at all    RESET         REJ
 *   none                      RESET         RSTRH
 *   *                         RESET         RSTR
 *   RESET                     none          RSTOS0 if the history is S, then none of H A F G I Q, then R; else OTH
 *   RESET                     *             RSTO
 *   CLOSED                    CLOSED        SF
 *   CLOSED                    none          SH
 *   CLOSED                    *             S2
 *   none                      CLOSED        SHR
 *   *                         CLOSED        S3
 *   SYN_SENT                  INACTIVE      S0
 *   ESTABLISHED               ESTABLISHED   S1
 *   *                         *             OTH
 *
 * history, a letter for each of these, upper case for the client and lower case for the server:
 *
 *   ^  the first segment came from the server and is no plain SYN: Zeek took its sender for the originator and then
 *      turned the roles round, by the port or after a SYN+ACK
 *   S  SYN; H SYN+ACK       the first of a side; again when its place in the stream differs from the last one
 *   F  FIN; R RST           the same
 *   D  payload              once a side, only of segments without SYN, FIN, RST
 *   A  ACK without payload  once a side, the same
 *   I  FIN+RST; Q other combinations of SYN, FIN, RST: once a side
 *   C  wrong checksum       the 1st, 10th, 100th …: the segment does nothing else
 *   W  zero window          the 1st, 10th, 100th …; not with RST or after it, nor after the peer's FIN
 *   T  payload that does not reach beyond what the side has sent: the 1st, 10th, 100th …; not after its RST. Also
 *      keep-alive probes with a byte, payload in a SYN and payload of a RST, as Zeek has it.
 *   G  payload that the peer acknowledged before it was seen (whole): the 1st, 10th, 100th …, one a hole; only while
 *      both sides are ESTABLISHED or went from there to CLOSED
 *
 * Letters of one segment come in the order S H F R D A I Q, W, T, G.
 *
 * Not as Zeek, on purpose:
 *   Where a connection ends is the caller's decision. Zeek ends one 5 s after both sides closed, 0.1 s after the reset
 *   of a side that had sent FIN, 5 s after an unanswered SYN and after 5 min of silence, and calls what follows, or a
 *   SYN with another sequence number, another connection.
 *   Who is the client is, too: Zeek knows the servers by a list of ports, and leaves a SYN+ACK that nothing follows to
 *   its sender.
 *   Streams beyond 2 GiB, and those that begin at the very last sequence number, go wrong in Zeek (relative numbers of
 *   32 bits) and not here.
 *   X (a protocol analyser gave up) is not told.
 */

/** Letters by code; a server's letter has SERVER_LETTER added. Five bits, so that six fit into a small integer. */
const LETTERS = '\0SHFRDAIQCWTG^';
const S = 1;
const H = 2;
const F = 3;
const R = 4;
const D = 5;
const A = 6;
const I = 7;
const Q = 8;
const C = 9;
const W = 10;
const T = 11;
const G = 12;
const FLIP = 13;
const SERVER_LETTER = 16;
const LETTER_BITS = 5;
const LETTERS_PER_WORD = 6;

/** S and H share one "seen" mark in Zeek: a SYN-ACK after a SYN of the same side is told only if its place differs. */
const SEEN_SYN = 1 << S;

/** Letters kept in words, without allocation. Nearly all connections have fewer. */
const MAX_PACKED = 4 * LETTERS_PER_WORD;
/** Only SYN, FIN and RST with ever new sequence numbers add letters without end. */
const MAX_HISTORY = 200;

const isNone = (state: number): boolean => state === INACTIVE || state === PARTIAL;

/** Computes `conn_state` and `history` as Zeek does, from a connection's segments in capture order. */
export class ZeekState {
  private readonly client = new Endpoint();
  private readonly server = new Endpoint();
  private letters = 0;
  private word0 = 0;
  private word1 = 0;
  private word2 = 0;
  private word3 = 0;
  private more = '';

  /** As new, for another connection: objects are reused where sessions come by the hundred thousand. */
  reset(): void {
    this.client.reset();
    this.server.reset();
    this.letters = 0;
    this.word0 = 0;
    this.word1 = 0;
    this.word2 = 0;
    this.word3 = 0;
    this.more = '';
  }

  /**
   * Takes the next segment. Sequence and acknowledgement number as signed 32-bit integers.
   * @param payloadCaptured Payload bytes that the capture holds: Zeek cannot use a cut payload, so that it is a
   * content gap once acknowledged.
   */
  segment(
    side: 0 | 1,
    flags: number,
    sequence: number,
    acknowledgement: number,
    payloadLength: number,
    window: number,
    payloadCaptured: number = payloadLength,
  ): void {
    const isClient = side === 0;
    if (this.letters === 0 && !isClient && (flags & (SYN | ACK)) !== SYN) this.letter(FLIP);
    const end = isClient ? this.client : this.server;
    const peer = isClient ? this.server : this.client;
    const caseBit = isClient ? 0 : SERVER_LETTER;
    const control = flags & (SYN | FIN | RST);

    let length = payloadLength;
    if (control !== 0) {
      if ((flags & RST) !== 0) length = 0;
      if ((flags & SYN) !== 0) length++;
      if ((flags & FIN) !== 0) length++;
    }
    const segmentEnd = (sequence + length) | 0;

    if (end.state === INACTIVE) {
      if ((flags & SYN) !== 0) setNumbers(end, sequence, segmentEnd);
      else setNumbers(end, (sequence - 1) | 0, sequence);
    } else if ((flags & SYN) !== 0) {
      resetNumbers(end, sequence, segmentEnd);
    }

    if (control !== 0) {
      this.controlLetter(end, caseBit, flags, (sequence - end.start) | 0, payloadLength);
    } else if (payloadLength > 0) {
      if ((end.seen & (1 << D)) === 0) this.once(end, D, caseBit);
    } else if ((flags & ACK) !== 0) {
      if ((end.seen & (1 << A)) === 0) this.once(end, A, caseBit);
    }
    if (window === 0 && (flags & RST) === 0 && peer.state !== CLOSED && end.state !== RESET) {
      if (isTold(++end.zeroWindows)) this.letter(W | caseBit);
    }
    if ((flags & FIN) !== 0) {
      end.hasFin = 1;
      end.finEnd = segmentEnd;
    }

    let acknowledges = false;
    if ((flags & ACK) !== 0) {
      if (peer.state === INACTIVE) {
        const start = (acknowledgement - 1) | 0;
        setNumbers(peer, start, start);
      } else {
        acknowledges = true;
        if ((flags & RST) === 0) advanceAcked(peer, acknowledgement);
      }
    }

    const reach = (segmentEnd - end.last) | 0;
    if ((flags & (SYN | RST)) !== 0 && (reach > TOO_LARGE_JUMP || reach < -TOO_LARGE_JUMP)) {
      // Not believed.
    } else if ((flags & FIN) !== 0 && end.last === ((end.start + 1) | 0)) {
      // Nothing but the SYN was seen of this side: the FIN may be more than 2 GiB further.
      advanceLast(end, segmentEnd);
    } else if (end.state !== RESET) {
      if (reach > 0) advanceLast(end, segmentEnd);
      else if (payloadLength > 0 && isTold(++end.repeats)) this.letter(T | caseBit);
    }

    if (control !== 0 || end.state === INACTIVE) transition(end, peer, isClient, flags, payloadLength);

    if (acknowledges) {
      let upTo = acknowledgement;
      // Neither a FIN nor anything beyond it is payload.
      if (peer.hasFin !== 0 && ((upTo - peer.finEnd) | 0) >= 0) upTo = (peer.finEnd - 1) | 0;
      if (((upTo - peer.accounted) | 0) > 0) {
        if (((upTo - peer.next) | 0) > 0) this.missing(peer, end, upTo, caseBit ^ SERVER_LETTER);
        peer.accounted = upTo;
      }
    }

    if (payloadLength > 0 && payloadCaptured >= payloadLength && (flags & RST) === 0) {
      const from = (flags & SYN) !== 0 ? (sequence + 1) | 0 : sequence;
      if (from === end.next && end.runs === undefined) {
        end.next = (from + payloadLength) | 0;
        if (((end.next - end.accounted) | 0) > MAX_WITHOUT_FURTHER_ACKS) leaveUnacknowledged(end);
      } else {
        arrive(end, from, (from + payloadLength) | 0);
      }
    }
  }

  /** Takes note of a segment with a wrong checksum, which must not be given to {@link segment}. */
  badChecksum(side: 0 | 1): void {
    const end = side === 0 ? this.client : this.server;
    if (isTold(++end.badChecksums)) this.letter(side === 0 ? C : C | SERVER_LETTER);
  }

  /** `conn_state` of Zeek's conn.log for the segments so far. */
  get connState(): string {
    const client = this.client.state;
    const server = this.server.state;
    if (server === RESET) {
      if (client === SYN_SENT || client === SYN_ACK_SENT) return 'REJ';
      if (client === RESET && size(this.client, this.server) + size(this.server, this.client) === 0)
        return 'REJ';
      return isNone(client) ? 'RSTRH' : 'RSTR';
    }
    if (client === RESET) {
      if (!isNone(server)) return 'RSTO';
      return /^\^?S[^HAFGIQ]*R/.test(this.history) ? 'RSTOS0' : 'OTH';
    }
    if (client === CLOSED) {
      if (server === CLOSED) return 'SF';
      return isNone(server) ? 'SH' : 'S2';
    }
    if (server === CLOSED) return isNone(client) ? 'SHR' : 'S3';
    if (client === SYN_SENT && server === INACTIVE) return 'S0';
    if (client === ESTABLISHED && server === ESTABLISHED) return 'S1';
    return 'OTH';
  }

  /** `history` of Zeek's conn.log for the segments so far, cut after 200 letters. */
  get history(): string {
    let text = '';
    const packed = Math.min(this.letters, MAX_PACKED);
    for (let i = 0; i < packed; i++) {
      const word = i < 6 ? this.word0 : i < 12 ? this.word1 : i < 18 ? this.word2 : this.word3;
      text += letterOf((word >>> (LETTER_BITS * (i % LETTERS_PER_WORD))) & 31);
    }
    return text + this.more;
  }

  /**
   * `orig_bytes` of Zeek's conn.log: payload by the client's sequence numbers, seen or not, and only as good as they
   * are. Undefined while they are unknown: the client sent nothing and nothing of it was acknowledged.
   */
  get originBytes(): number | undefined {
    return this.client.numbered === 0 ? undefined : size(this.client, this.server);
  }

  /** `resp_bytes`, the same for the server. */
  get responderBytes(): number | undefined {
    return this.server.numbered === 0 ? undefined : size(this.server, this.client);
  }

  private controlLetter(
    end: Endpoint,
    caseBit: number,
    flags: number,
    place: number,
    payloadLength: number,
  ): void {
    switch (flags & (SYN | FIN | RST)) {
      case SYN:
        if (this.again(end, SEEN_SYN, place, end.lastSyn)) {
          this.letter(((flags & ACK) !== 0 ? H : S) | caseBit);
        }
        end.lastSyn = place;
        return;
      case FIN: {
        const finPlace = (place + payloadLength) | 0;
        if (this.again(end, 1 << F, finPlace, end.lastFin)) this.letter(F | caseBit);
        end.lastFin = finPlace;
        return;
      }
      case RST:
        if (this.again(end, 1 << R, place, end.lastRst)) this.letter(R | caseBit);
        end.lastRst = place;
        return;
      default:
        this.once(end, (flags & FIN) !== 0 && (flags & RST) !== 0 ? I : Q, caseBit);
    }
  }

  /** Whether to tell a SYN, FIN or RST: the first one, or one at another place. */
  private again(end: Endpoint, mark: number, place: number, lastPlace: number): boolean {
    if ((end.seen & mark) !== 0) return place !== lastPlace;
    end.seen |= mark;
    return true;
  }

  private once(end: Endpoint, letter: number, caseBit: number): void {
    if ((end.seen & (1 << letter)) !== 0) return;
    end.seen |= 1 << letter;
    this.letter(letter | caseBit);
  }

  /** Bytes of `end` below `upTo` were acknowledged; those that are not there make holes. */
  private missing(end: Endpoint, peer: Endpoint, upTo: number, caseBit: number): void {
    const tell = end.blind === 0 && isClean(end) && isClean(peer);
    const runs = end.runs;
    if (runs !== undefined) {
      let taken = 0;
      while (taken < runs.length && (((runs[taken] as number) - upTo) | 0) < 0) {
        if (tell) this.hole(end, caseBit);
        end.next = runs[taken + 1] as number;
        taken += 2;
      }
      dropRuns(end, runs, taken);
    }
    if (((upTo - end.next) | 0) > 0) {
      if (tell) this.hole(end, caseBit);
      end.next = upTo;
      if (end.runs !== undefined) joinRuns(end, end.runs);
    }
  }

  private hole(end: Endpoint, caseBit: number): void {
    if (isTold(++end.gaps)) this.letter(G | caseBit);
  }

  private letter(code: number): void {
    const at = this.letters;
    if (at >= MAX_HISTORY) return;
    this.letters = at + 1;
    const bits = code << (LETTER_BITS * (at % LETTERS_PER_WORD));
    if (at < 6) this.word0 |= bits;
    else if (at < 12) this.word1 |= bits;
    else if (at < 18) this.word2 |= bits;
    else if (at < MAX_PACKED) this.word3 |= bits;
    else this.more += letterOf(code);
  }
}

function letterOf(code: number): string {
  const letter = LETTERS.charAt(code & (SERVER_LETTER - 1));
  return code >= SERVER_LETTER ? letter.toLowerCase() : letter;
}

/** Counted letters are told the 1st, 10th, 100th … time. */
function isTold(count: number): boolean {
  if (count < 10) return count === 1;
  let power = 10;
  while (power < count) power *= 10;
  return power === count;
}

function enter(end: Endpoint, state: number): void {
  if (state === end.state) return;
  end.previousState = end.state;
  end.state = state;
}

/** The table of endpoint states; the only place that assigns them. */
function transition(
  end: Endpoint,
  peer: Endpoint,
  isClient: boolean,
  flags: number,
  payloadLength: number,
): void {
  const isSyn = (flags & SYN) !== 0;
  const isFin = (flags & FIN) !== 0;
  const isRst = (flags & RST) !== 0;
  const isAck = (flags & ACK) !== 0;
  switch (end.state) {
    case INACTIVE:
      if (isSyn && isClient) enter(end, isAck ? SYN_ACK_SENT : SYN_SENT);
      if (isSyn && !isClient) {
        if (peer.state === SYN_SENT) enter(peer, ESTABLISHED);
        enter(end, ESTABLISHED);
      }
      if (isFin) enter(end, CLOSED);
      if (isRst) enter(end, RESET);
      if (isSyn || isFin || isRst) return;
      if (!isClient && payloadLength === 0 && peer.state === SYN_SENT) return;
      enter(end, isAck && peer.state === ESTABLISHED ? ESTABLISHED : PARTIAL);
      return;
    case SYN_SENT:
    case SYN_ACK_SENT:
      if (isFin) enter(end, CLOSED);
      if (isRst) enter(end, RESET);
      return;
    case ESTABLISHED:
    case PARTIAL:
      if (isSyn && !isAck && end.state === PARTIAL && peer.state === INACTIVE) enter(end, SYN_SENT);
      if (isFin && !isRst) {
        enter(end, CLOSED);
        if (peer.state === RESET && peer.previousState === CLOSED) enter(peer, CLOSED);
      }
      if (isRst) enter(end, RESET);
      return;
    case CLOSED:
      if (isRst && peer.state !== CLOSED) enter(end, RESET);
      return;
    default:
  }
}

/** Whether holes can be told from what a reset or a missing start of the connection leaves behind. */
function isClean(end: Endpoint): boolean {
  return end.state === ESTABLISHED || (end.state === CLOSED && end.previousState === ESTABLISHED);
}
