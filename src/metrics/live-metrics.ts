import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { limitsOf, skippedPackets } from '../engine.ts';
import { FATES } from '../fate/vocabulary.ts';
import type { FindingEvent } from '../live/live-findings.ts';
import type { LiveSink, LiveState } from '../live/live-sink.ts';
import type { Verdict } from '../live/watch.ts';
import type { Severity } from '../report/document.ts';
import { SEVERITIES } from '../report/severity.ts';
import type { Session } from '../session/session.ts';

/** How the deliveries of a webhook go. */
export interface DeliveryCounts {
  readonly delivered: number;
  /** Tries that are repeated. */
  readonly failed: number;
  /** Set aside, because the receiver does not want them. */
  readonly refused: number;
  /** Given up because too many waited. */
  readonly dropped: number;
  readonly waiting: number;
}

export interface LiveMetricsOptions {
  readonly version: string;
  /** Undefined without a webhook. */
  readonly deliveries?: (() => DeliveryCounts) | undefined;
}

/** Of a session without a cause. */
const NO_CAUSE = 'none';
/** Seconds: from a handshake in one rack to a person who looks for a password. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const STAGES = ['connect', 'identification', 'kex', 'auth'] as const;
/** Gauges of prom-client with the suffix of a counter, which `promtool check metrics` refuses. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const EVENTS = ['opened', 'grew', 'ended'] as const;

/**
 * What Prometheus is told of a watch. Labels come from the vocabularies of fates, causes, anomalies, limits and
 * severities, and from the interfaces that were asked for: never an address, or anything else that the wire chooses.
 */
export class LiveMetrics implements LiveSink {
  readonly registry = new Registry();
  private latest: LiveState | undefined;
  private readonly openFindings = new Map<string, Severity>();
  /** By fate and cause; counted here, because a flood has a hundred thousand a second, and prom-client takes microseconds for each. */
  private readonly sessions = new Map<string, number>();
  private readonly revised: Counter;
  private readonly stages: Histogram<'stage'>;
  private readonly anomalies: Counter<'layer' | 'code'>;
  private readonly events: Counter<'event'>;

  constructor({ version, deliveries }: LiveMetricsOptions) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.revised = new Counter({
      name: 'sshfate_verdicts_revised_total',
      help: 'Verdicts that replaced an earlier one of the same session.',
      registers,
    });
    this.stages = new Histogram({
      name: 'sshfate_stage_duration_seconds',
      help: 'How long sessions took to connect (TCP handshake), for the identification string of the server, for the key exchange, and to authenticate; observed when the session is over.',
      labelNames: ['stage'],
      buckets: BUCKETS,
      registers,
    });
    this.anomalies = new Counter({
      name: 'sshfate_anomalies_total',
      help: 'What was odd in the packets of sessions that are over, by layer and code.',
      labelNames: ['layer', 'code'],
      registers,
    });
    this.events = new Counter({
      name: 'sshfate_finding_events_total',
      help: 'Findings that opened, grew and ended.',
      labelNames: ['event'],
      registers,
    });
    // There from the start: the rate of a counter that appears with 1 misses that one.
    for (const fate of FATES) this.sessions.set(`${fate} ${NO_CAUSE}`, 0);
    for (const event of EVENTS) this.events.inc({ event }, 0);
    for (const stage of STAGES) this.stages.zero({ stage });
    this.addSessionMetric();
    this.addStateMetrics(version);
    if (deliveries !== undefined) addDeliveryMetrics(this.registry, deliveries);
  }

  verdict(_session: Session, { previous }: Verdict): void {
    if (previous !== undefined) this.revised.inc();
  }

  ended(session: Session): void {
    const key = `${session.fate} ${session.causeId ?? NO_CAUSE}`;
    this.sessions.set(key, (this.sessions.get(key) ?? 0) + 1);
    const { connectMs, identificationMs, kexMs, authMs } = session.timing;
    this.observe('connect', connectMs);
    this.observe('identification', identificationMs);
    this.observe('kex', kexMs);
    this.observe('auth', authMs);
    for (const { layer, code } of session.anomalies) this.anomalies.inc({ layer, code });
  }

  finding({ event, finding }: FindingEvent): void {
    this.events.inc({ event });
    if (event === 'ended') this.openFindings.delete(finding.id);
    else this.openFindings.set(finding.id, finding.severity);
  }

  state(state: LiveState): void {
    this.latest = state;
  }

  /** Why not all is well: interfaces that are not captured from; undefined when all are. */
  get unhealthy(): string | undefined {
    if (this.latest === undefined) return 'the watch has not begun';
    const missing = this.latest.interfaces.filter(({ capturing }) => !capturing).map(({ name }) => name);
    return missing.length === 0 ? undefined : `not capturing from ${missing.join(', ')}`;
  }

  private observe(stage: (typeof STAGES)[number], ms: number | undefined): void {
    if (ms !== undefined) this.stages.observe({ stage }, ms / 1000);
  }

  private addSessionMetric(): void {
    const { sessions } = this;
    new Counter({
      name: 'sshfate_sessions_total',
      help: `Sessions that are over, by fate and by likeliest cause ('${NO_CAUSE}' without one); each once, with the verdict that stands.`,
      labelNames: ['fate', 'cause'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [key, count] of sessions) {
          const [fate, cause] = key.split(' ') as [string, string];
          this.inc({ fate, cause }, count);
        }
      },
    });
  }

  private addStateMetrics(version: string): void {
    const registers = [this.registry];
    const now = () => this.latest;
    new Gauge({
      name: 'sshfate_build_info',
      help: 'Always 1; the label is the version of sshfate.',
      labelNames: ['version'],
      registers,
    }).set({ version }, 1);
    new Gauge({
      name: 'sshfate_open_sessions',
      help: 'Sessions beyond their SYN that go on.',
      registers,
      collect() {
        this.set(openSessions(now()));
      },
    });
    new Gauge({
      name: 'sshfate_unanswered_syns',
      help: 'Connections with nothing but SYNs, which nobody has answered yet.',
      registers,
      collect() {
        this.set(now()?.watch.engine.tracker.onlySyns ?? 0);
      },
    });
    const { openFindings } = this;
    new Gauge({
      name: 'sshfate_findings_open',
      help: 'Findings that are open, by severity.',
      labelNames: ['severity'],
      registers,
      collect() {
        for (const severity of SEVERITIES) this.set({ severity }, 0);
        for (const severity of openFindings.values()) this.inc({ severity });
      },
    });
    new Counter({
      name: 'sshfate_packets_total',
      help: 'Packets that were captured.',
      registers,
      collect() {
        this.reset();
        this.inc(now()?.watch.packets ?? 0);
      },
    });
    new Counter({
      name: 'sshfate_lost_packets_total',
      help: 'Packets known to be lost because they came faster than they were read.',
      registers,
      collect() {
        this.reset();
        this.inc(now()?.lost ?? 0);
      },
    });
    addTotals({
      registry: this.registry,
      name: 'sshfate_skipped_packets_total',
      help: 'Captured packets that were not judged, by reason.',
      label: 'reason',
      totals: () => {
        const engine = now()?.watch.engine;
        return engine === undefined ? {} : skippedPackets(engine);
      },
    });
    addTotals({
      registry: this.registry,
      name: 'sshfate_limit_hits_total',
      help: 'What the limits of tables and buffers cost, by limit.',
      label: 'limit',
      totals: () => limitTotals(now()),
    });
    this.addInterfaceMetrics();
  }

  private addInterfaceMetrics(): void {
    const registers = [this.registry];
    const interfaces = () => this.latest?.interfaces ?? [];
    new Gauge({
      name: 'sshfate_interface_up',
      help: '1 while packets are captured from the interface, else 0.',
      labelNames: ['interface'],
      registers,
      collect() {
        for (const { name, capturing } of interfaces()) this.set({ interface: name }, capturing ? 1 : 0);
      },
    });
    new Counter({
      name: 'sshfate_interface_dropped_packets_total',
      help: 'Packets of the interface that the kernel dropped because they came faster than they were read; absent where the source cannot tell.',
      labelNames: ['interface'],
      registers,
      collect() {
        this.reset();
        for (const { name, drops } of interfaces()) {
          if (drops !== undefined) this.inc({ interface: name }, drops);
        }
      },
    });
  }
}

function openSessions(state: LiveState | undefined): number {
  let open = 0;
  state?.watch.engine.tracker.forEachOpen(({ number, closed }) => {
    if (number > 0 && !closed) open++;
  });
  return open;
}

function limitTotals(state: LiveState | undefined): Record<string, number> {
  if (state === undefined) return {};
  return { ...limitsOf(state.watch.engine), 'sessions-without-finding': state.findings.ungrouped };
}

/** A counter of totals that are counted elsewhere. */
function addTotals(options: {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly totals: () => Readonly<Record<string, number>>;
}): void {
  const { registry, name, help, label, totals } = options;
  /** Fragments that wait are counted as missing until the others come: a counter must not go down. */
  const highest = new Map<string, number>();
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, total] of Object.entries(totals())) {
        highest.set(value, Math.max(total, highest.get(value) ?? 0));
      }
      for (const [value, total] of highest) this.inc({ [label]: value }, total);
    },
  });
}

function addDeliveryMetrics(registry: Registry, counts: () => DeliveryCounts): void {
  const registers = [registry];
  new Counter({
    name: 'sshfate_webhook_deliveries_total',
    help: 'Tries to deliver a finding event: delivered, failed (tried again), refused (set aside).',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      const { delivered, failed, refused } = counts();
      this.inc({ outcome: 'delivered' }, delivered);
      this.inc({ outcome: 'failed' }, failed);
      this.inc({ outcome: 'refused' }, refused);
    },
  });
  new Counter({
    name: 'sshfate_webhook_dropped_events_total',
    help: 'Finding events that were given up because too many waited.',
    registers,
    collect() {
      this.reset();
      this.inc(counts().dropped);
    },
  });
  new Gauge({
    name: 'sshfate_webhook_waiting_events',
    help: 'Finding events that wait for their delivery.',
    registers,
    collect() {
      this.set(counts().waiting);
    },
  });
}
