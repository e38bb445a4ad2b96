import type { EndedBy, Fate, Stage } from '../fate/vocabulary.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Finding } from './document.ts';

/** What a view of live traffic shows at one moment. Texts are raw, as in the record. */
export interface LivePicture {
  readonly interfaces: readonly LiveInterface[];
  /** Wall clock, UTC: '14:03:22'. */
  readonly time: string;
  readonly runningMs: number;
  readonly packetsASecond: number;
  /** Packets that the capture is known to have lost. */
  readonly lost: number;
  /** Sessions that go on, without those that are only a SYN. */
  readonly open: number;
  readonly onlySyns: number;
  /** Sessions with a verdict. */
  readonly judged: number;
  readonly judgedASecond: number;
  /** Of all sessions with a verdict; fates that occur, most first. */
  readonly fates: readonly FateCount[];
  readonly findingsOpen: number;
  /** Worst first, not all. */
  readonly findings: readonly Finding[];
  /** Newest first, not all; those that match the filter. */
  readonly openRows: readonly OpenRow[];
  readonly endingRows: readonly EndingRow[];
  /** More than one server was seen: rows name theirs. */
  readonly severalServers: boolean;
  /** The last thing that people were to be told; absent when it is old. */
  readonly notice?: string | undefined;
  /** Absent while the picture moves. */
  readonly paused?: { readonly judgedSince: number } | undefined;
  readonly filter?: { readonly text: string; readonly isTyped: boolean } | undefined;
  readonly list: LiveList;
  /** Position in the list that is chosen; absent while nothing is selected. */
  readonly selected?: number | undefined;
  readonly page: LivePage;
}

const LIVE_LISTS = ['open', 'endings', 'findings'] as const;
export type LiveList = (typeof LIVE_LISTS)[number];

/** For those who walk through the lists. */
export function nextList(list: LiveList, step: 1 | -1): LiveList {
  const i = LIVE_LISTS.indexOf(list);
  return LIVE_LISTS[(i + step + LIVE_LISTS.length) % LIVE_LISTS.length] ?? list;
}

export interface LiveInterface {
  readonly name: string;
  readonly via: string;
  readonly capturing: boolean;
}

export interface FateCount {
  readonly fate: Fate;
  readonly sessions: number;
}

/** A session that goes on. */
export interface OpenRow {
  readonly session: number;
  readonly client: string;
  readonly server: string;
  readonly stage: Stage;
  /** Absent when the handshake is not in the capture, or a part of it was repeated. */
  readonly rttMs?: number | undefined;
  readonly ageMs: number;
  /** Since the last packet. */
  readonly quietMs: number;
  /** Whose turn it is, where the protocol tells; `silent`: for longer than it may take. */
  readonly awaits?:
    | { readonly by: 'client' | 'server'; readonly what: string; readonly silent: boolean }
    | undefined;
  readonly software?: string | undefined;
}

/** A session with a verdict. */
export interface EndingRow {
  readonly session: number;
  /** Of its last packet, UTC: '14:03:22'. */
  readonly time: string;
  readonly client: string;
  readonly server: string;
  readonly fate: Fate;
  readonly cause?: string | undefined;
  readonly endedBy: EndedBy;
  /** What was said of it before; absent for the first verdict. */
  readonly before?: Fate | undefined;
}

export type LivePage =
  | { readonly kind: 'lists' }
  | { readonly kind: 'help' }
  | {
      readonly kind: 'session';
      readonly session: number;
      /** Absent when it was not kept. */
      readonly record?: SessionRecord | undefined;
      /** First line that is shown. */
      readonly scroll: number;
    }
  | { readonly kind: 'finding'; readonly finding: Finding; readonly scroll: number };
