import { type FrameSize, lastScroll, pageRows } from '../report/live-frame.ts';
import {
  type LiveList,
  type LivePage,
  type LivePicture,
  nextList,
  type OpenRow,
} from '../report/live-picture.ts';
import type { LiveResult } from '../report/live-summary.ts';
import type { ReportedSession } from '../report/reporter.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Session } from '../session/session.ts';
import { addressText, Endings } from './endings.ts';
import type { SessionTest } from './line-sinks.ts';
import type { LiveState } from './live-sink.ts';
import { addressFilter, endingText, openText } from './row-filter.ts';
import type { OpenSession, Verdict } from './watch.ts';

export interface LiveViewOptions {
  /** Which verdicts are listed; all are counted. */
  readonly passes: SessionTest;
  /** Which open sessions are listed, by what is known of them. */
  readonly passesOpen: SessionTest;
}

/** A key as `readline.emitKeypressEvents` tells it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

/** What a key asks of whoever owns the terminal. */
export type KeyEffect = 'none' | 'quit' | 'interrupt' | 'suspend' | 'redraw';

/** Newest sessions that are listed of those that go on: others are found by the filter. */
const MAX_OPEN_ROWS = 200;
const MAX_FINDINGS = 50;
const MAX_FILTER_LENGTH = 60;
/** For so long a notice stands; the last ones are told again after the end. */
const NOTICE_MS = 20_000;
const MAX_NOTICES = 5;
/** Lines that PageUp and PageDown go in a list. */
const LIST_PAGE = 10;
/** A look at all open sessions, or findings, waits for this many times what the last one took: a twentieth of the time. */
const COST_FACTOR = 20;

/** What was seen at one moment; stays as it is while the view is paused. */
interface Moment
  extends Omit<
    LivePicture,
    'notice' | 'paused' | 'filter' | 'list' | 'selected' | 'page' | 'severalServers'
  > {}

interface Selection {
  /** A session's number, or a finding's id. */
  key: number | string;
  index: number;
}

/** What is looked at: counts and lists of a watch, and what the keys chose of them. Knows no terminal. */
export class LiveView {
  readonly notices: string[] = [];
  private readonly options: LiveViewOptions;
  private readonly endings = new Endings();
  private readonly servers = new Set<string>();
  private moment: Moment = NOTHING;
  private pausedAtJudged: number | undefined;
  private noticedMs = Number.NEGATIVE_INFINITY;
  private list: LiveList = 'endings';
  private readonly selections = new Map<LiveList, Selection>();
  private filter: { text: string; isTyped: boolean } | undefined;
  private page: LivePage = { kind: 'lists' };
  /** A session that is to be shown, or is shown, in full. */
  private wanted: { readonly session: number; readonly isOpen: boolean } | undefined;
  private wantedLookMs = 0;
  private readonly openLook = new Throttle();
  private readonly findingsLook = new Throttle();
  private judgedThen = 0;
  private rateSinceNs = 0;
  private judgedASecond = 0;

  constructor(options: LiveViewOptions) {
    this.options = options;
  }

  verdict(session: Session, verdict: Verdict): void {
    this.endings.add(session, verdict, this.options.passes(session));
    if (this.wanted?.session !== session.session) return;
    const record = session.toJSON();
    this.endings.keep(session.session, record);
    this.show(session.session, record);
  }

  notice(text: string, nowMs: number): void {
    this.notices.push(text);
    if (this.notices.length > MAX_NOTICES) this.notices.shift();
    this.noticedMs = nowMs;
  }

  /** Call with every state: bounds what is done for each. */
  tick(state: LiveState, nowMs: number): void {
    this.endings.tick();
    const seconds = (state.nowNs - this.rateSinceNs) / 1e9;
    if (seconds >= 1) {
      this.judgedASecond = (this.endings.judged - this.judgedThen) / seconds;
      this.judgedThen = this.endings.judged;
      this.rateSinceNs = state.nowNs;
    }
    if (this.wanted !== undefined) this.lookAtWanted(state, nowMs);
  }

  /** Takes in how the watch stands now, unless the view is paused. */
  refresh(state: LiveState, nowMs: number): void {
    if (this.pausedAtJudged !== undefined) return;
    const { endings, moment } = this;
    const open = this.openLook.isDue(nowMs) ? this.openLook.run(nowMs, () => this.openRows(state)) : moment;
    const findings = this.findingsLook.isDue(nowMs)
      ? this.findingsLook.run(nowMs, () => state.findings.worst(MAX_FINDINGS))
      : moment.findings;
    this.moment = {
      ...{ open: open.open, openRows: open.openRows, findings },
      interfaces: state.interfaces,
      time: new Date().toISOString().slice(11, 19),
      runningMs: state.nowNs / 1e6,
      packetsASecond: state.packetsASecond,
      lost: state.lost,
      onlySyns: state.watch.engine.tracker.onlySyns,
      judged: endings.judged,
      judgedASecond: this.judgedASecond,
      fates: endings.fates(),
      findingsOpen: state.findings.openCount,
      endingRows: endings.newestFirst(),
    };
    this.refreshFinding();
  }

  picture(nowMs: number): LivePicture {
    const { moment, pausedAtJudged, filter, list } = this;
    const matches = filter === undefined || filter.text === '' ? undefined : filter.text.toLowerCase();
    return {
      ...moment,
      ...(matches !== undefined && {
        openRows: moment.openRows.filter((row) => openText(row).includes(matches)),
        endingRows: moment.endingRows.filter((row) => endingText(row).includes(matches)),
      }),
      severalServers: this.servers.size > 1 || this.endings.severalServers,
      ...(nowMs - this.noticedMs < NOTICE_MS && { notice: this.notices.at(-1) }),
      ...(pausedAtJudged !== undefined && {
        paused: { judgedSince: this.endings.judged - pausedAtJudged },
      }),
      ...(filter !== undefined && { filter: { ...filter } }),
      list,
      selected: this.selectedIn(list),
      page: this.page,
    };
  }

  /** What the watch has come to. */
  result({ watch, findings, interfaces, nowNs, lost }: LiveState): LiveResult {
    return {
      interfaces: interfaces.map(({ name }) => name),
      runningMs: nowNs / 1e6,
      packets: watch.packets,
      lost,
      judged: this.endings.judged,
      fates: this.endings.fates(),
      findings: findings.worst(MAX_FINDINGS),
      findingsOpen: findings.openCount,
    };
  }

  /** `size`: of the terminal, by which pages are turned. */
  key(key: Key, size: FrameSize): KeyEffect {
    if (key.ctrl === true) {
      const effect = CONTROL_KEYS[key.name ?? ''];
      if (effect !== undefined) return effect;
    }
    if (this.filter?.isTyped === true) this.filterKey(this.filter, key);
    else if (this.page.kind === 'lists') return this.listKey(key);
    else this.pageKey(this.page, key, size);
    return 'none';
  }

  // Keys

  private listKey(key: Key): KeyEffect {
    switch (nameOf(key)) {
      case 'q':
        return 'quit';
      case '?':
      case 'h':
        this.page = { kind: 'help' };
        break;
      case 'p':
      case 'space':
        this.pausedAtJudged = this.pausedAtJudged === undefined ? this.endings.judged : undefined;
        break;
      case 'f':
      case '/':
        this.filter = { text: this.filter?.text ?? '', isTyped: true };
        break;
      case 'escape':
        if (this.selections.has(this.list)) this.selections.delete(this.list);
        else this.filter = undefined;
        break;
      case 'tab':
        this.list = nextList(this.list, key.shift === true ? -1 : 1);
        break;
      case 'return':
      case 'enter':
        this.enter();
        break;
      default:
        this.move(key);
    }
    return 'none';
  }

  private move(key: Key): void {
    const step = STEPS[nameOf(key)];
    if (step === undefined) return;
    const keys = this.keysOf(this.list);
    if (keys.length === 0) return;
    const current = this.selectedIn(this.list);
    const from = current ?? (step > 0 ? -1 : 0);
    const index = Math.max(0, Math.min(keys.length - 1, from + step));
    this.selections.set(this.list, { key: keys[index] as number | string, index });
  }

  private enter(): void {
    const selected = this.selectedIn(this.list);
    if (selected === undefined) return;
    if (this.list === 'findings') {
      const finding = this.moment.findings[selected];
      if (finding !== undefined) this.page = { kind: 'finding', finding, scroll: 0 };
      return;
    }
    const session = this.keysOf(this.list)[selected];
    if (typeof session !== 'number') return;
    const isOpen = this.list === 'open';
    this.wanted = { session, isOpen };
    this.wantedLookMs = Number.NEGATIVE_INFINITY;
    if (!isOpen) this.page = { kind: 'session', session, record: this.endings.recordOf(session), scroll: 0 };
  }

  private filterKey(filter: { text: string; isTyped: boolean }, key: Key): void {
    const { name, sequence = '' } = key;
    if (name === 'escape') this.filter = undefined;
    else if (name === 'return' || name === 'enter') filter.isTyped = false;
    else if (name === 'backspace') filter.text = filter.text.slice(0, -1);
    else if (key.ctrl === true && name === 'u') filter.text = '';
    else if (/^[ -~]+$/.test(sequence)) filter.text = (filter.text + sequence).slice(0, MAX_FILTER_LENGTH);
    this.openLook.forget();
    if (this.filter?.isTyped === false && filter.text === '') this.filter = undefined;
  }

  private pageKey(page: Exclude<LivePage, { kind: 'lists' }>, key: Key, size: FrameSize): void {
    const name = nameOf(key);
    if (name === 'escape' || name === 'q' || name === 'return' || name === '?' || name === 'left') {
      this.page = { kind: 'lists' };
      this.wanted = undefined;
      return;
    }
    const step = name === 'space' ? 'pagedown' : name;
    const lines = step === 'pagedown' || step === 'pageup' ? pageRows(size.height) - 1 : 1;
    const change = Math.sign(STEPS[step] ?? 0) * (Math.abs(STEPS[step] ?? 0) === ALL ? ALL : lines);
    if (!('scroll' in page)) return;
    this.page = { ...page, scroll: Math.max(0, Math.min(lastScroll(page, size), page.scroll + change)) };
  }

  // What is selected

  /** Follows what was chosen while rows come and go; where it is gone, what stands in its place. */
  private selectedIn(list: LiveList): number | undefined {
    const selection = this.selections.get(list);
    if (selection === undefined) return undefined;
    const keys = this.keysOf(list);
    const index = keys.indexOf(selection.key);
    if (index !== -1) {
      selection.index = index;
      return index;
    }
    const nearest = Math.min(selection.index, keys.length - 1);
    const key = keys[nearest];
    if (key === undefined) {
      this.selections.delete(list);
      return undefined;
    }
    selection.key = key;
    selection.index = nearest;
    return nearest;
  }

  /** Of the rows that are shown. */
  private keysOf(list: LiveList): readonly (number | string)[] {
    const { moment, filter } = this;
    const text = filter?.text.toLowerCase() ?? '';
    switch (list) {
      case 'open':
        return moment.openRows.filter((row) => openText(row).includes(text)).map(({ session }) => session);
      case 'endings':
        return moment.endingRows
          .filter((row) => endingText(row).includes(text))
          .map(({ session }) => session);
      case 'findings':
        return moment.findings.map(({ id }) => id);
    }
  }

  // What is open

  private openRows(state: LiveState): Pick<Moment, 'open' | 'openRows'> {
    const { count, newest } = state.watch.open(MAX_OPEN_ROWS, addressFilter(this.filter?.text ?? ''));
    const openRows = newest
      .filter(({ session }) => goesOn(session) && this.options.passesOpen(session))
      .map((open) => openRow(open, state.nowNs));
    for (const { server } of openRows) if (this.servers.size < 2) this.servers.add(server);
    return { open: count - (newest.length - openRows.length), openRows };
  }

  private lookAtWanted({ watch }: LiveState, nowMs: number): void {
    const { wanted } = this;
    if (wanted === undefined || !wanted.isOpen || nowMs - this.wantedLookMs < 1000) return;
    this.wantedLookMs = nowMs;
    const [found] = watch.open(1, (connection) => connection.number === wanted.session).newest;
    const record = found?.session.toJSON() ?? this.endings.recordOf(wanted.session);
    if (record !== undefined || this.page.kind === 'lists') this.show(wanted.session, record);
  }

  private show(session: number, record: SessionRecord | undefined): void {
    const scroll = this.page.kind === 'session' && this.page.session === session ? this.page.scroll : 0;
    this.page = { kind: 'session', session, record, scroll };
  }

  private refreshFinding(): void {
    const { page } = this;
    if (page.kind !== 'finding') return;
    const now = this.moment.findings.find(({ id }) => id === page.finding.id);
    if (now !== undefined) this.page = { ...page, finding: now };
  }
}

/** Does something now and then, so that it takes a bounded share of the time. */
class Throttle {
  private nextMs = Number.NEGATIVE_INFINITY;

  isDue(nowMs: number): boolean {
    return nowMs >= this.nextMs;
  }

  run<Result>(nowMs: number, look: () => Result): Result {
    const startMs = performance.now();
    const result = look();
    this.nextMs = nowMs + COST_FACTOR * (performance.now() - startMs);
    return result;
  }

  forget(): void {
    this.nextMs = Number.NEGATIVE_INFINITY;
  }
}

const NOTHING: Moment = {
  interfaces: [],
  time: '',
  runningMs: 0,
  packetsASecond: 0,
  lost: 0,
  open: 0,
  onlySyns: 0,
  judged: 0,
  judgedASecond: 0,
  fates: [],
  findingsOpen: 0,
  findings: [],
  openRows: [],
  endingRows: [],
};

const CONTROL_KEYS: Readonly<Record<string, KeyEffect>> = {
  c: 'interrupt',
  l: 'redraw',
  z: 'suspend',
};

const ALL = 1e9;
const STEPS: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -LIST_PAGE,
  pagedown: LIST_PAGE,
  home: -ALL,
  g: -ALL,
  end: ALL,
  G: ALL,
};

/** Letters by what they type, so that `?` and `G` are told. */
function nameOf({ name, sequence }: Key): string {
  if (sequence !== undefined && /^[!-~]$/.test(sequence)) return sequence;
  return name ?? '';
}

/** Its end is not in sight: one that was closed by a side is among the endings. */
function goesOn({ ending }: ReportedSession): boolean {
  return ending === 'open' || ending === 'silence';
}

function openRow({ session, connection }: OpenSession, nowNs: number): OpenRow {
  const { observed, client } = session;
  const { owed } = observed;
  return {
    session: session.session,
    client: addressText(session.ipVersion, session.clientAddressWords, session.clientPort),
    server: addressText(session.ipVersion, session.serverAddressWords, session.serverPort),
    stage: observed.stage,
    rttMs: session.tcp.rttMs,
    ageMs: (nowNs - connection.firstNs) / 1e6,
    quietMs: (nowNs - connection.lastNs) / 1e6,
    ...(owed && { awaits: { ...owed } }),
    software: client.software,
  };
}
