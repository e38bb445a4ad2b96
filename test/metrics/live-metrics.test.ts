import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CAUSES } from '../../src/diagnosis/catalogue.ts';
import { analyzeCapture } from '../../src/engine.ts';
import { FATES } from '../../src/fate/vocabulary.ts';
import { LiveClock, SYSTEM_CLOCKS } from '../../src/live/live-clock.ts';
import { LiveFindings } from '../../src/live/live-findings.ts';
import type { LiveState } from '../../src/live/live-sink.ts';
import { Watch } from '../../src/live/watch.ts';
import { LiveMetrics } from '../../src/metrics/live-metrics.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { noCommonKex } from '../report/fixtures.ts';
import { type Family, parseExposition } from './exposition.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const clock = new LiveClock(SYSTEM_CLOCKS);

function stateOf(overrides: Partial<LiveState> = {}): LiveState {
  return {
    watch: new Watch({ name: 'eth0', clock, onVerdict: () => {} }),
    findings: new LiveFindings({ name: 'eth0', iso: () => '', onEvent: () => {} }),
    nowNs: 0,
    packetsASecond: 0,
    lost: 0,
    interfaces: [],
    ...overrides,
  };
}

function finding(id: string, severity: 'high' | 'low') {
  return {
    id,
    severity,
    title: '',
    server: '192.0.2.1:22',
    fate: 'no-syn-ack' as const,
    firstSeen: '',
    lastSeen: '',
    sessions: 1,
    clients: 1,
    topClients: [],
    examples: [],
  };
}

const read = async (metrics: LiveMetrics) => parseExposition(await metrics.registry.metrics());

const valueIn = (families: ReadonlyMap<string, Family>, name: string, labels = {}): number | undefined =>
  families.get(name)?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))
    ?.value;

describe('after every shipped capture', () => {
  const metrics = new LiveMetrics({ version: '1.2.3' });
  const records: SessionRecord[] = [];
  let families: ReadonlyMap<string, Family>;
  let text = '';

  beforeAll(async () => {
    for (const name of readdirSync(CAPTURES).filter((one) => one.endsWith('.pcap'))) {
      await analyzeCapture(path.join(CAPTURES, name), {}, (session) => {
        metrics.ended(session);
        records.push(session.toJSON());
      });
    }
    metrics.state(stateOf({ interfaces: [{ name: 'eth"0', via: 'tcpdump', capturing: true, drops: 3 }] }));
    text = await metrics.registry.metrics();
    families = parseExposition(text);
  });

  test('each session is counted once, with the fate and the cause of its record', () => {
    const expected = new Map<string, number>();
    for (const { fate, cause } of records) {
      const key = `${fate} ${cause?.id ?? 'none'}`;
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
    const counted = (families.get('sshfate_sessions_total')?.samples ?? []).filter(({ value }) => value > 0);
    expect(new Map(counted.map(({ labels, value }) => [`${labels.fate} ${labels.cause}`, value]))).toEqual(
      expected,
    );
    expect(expected.size).toBeGreaterThan(50);
  });

  test('the histograms hold the timings of the records, in seconds', () => {
    const members = {
      connect: 'connectMs',
      identification: 'identificationMs',
      kex: 'kexMs',
      auth: 'authMs',
    } as const;
    const samples = families.get('sshfate_stage_duration_seconds')?.samples ?? [];
    for (const [stage, member] of Object.entries(members)) {
      const seconds = records
        .map(({ timing }) => timing[member])
        .flatMap((ms) => (ms === undefined ? [] : ms / 1000));
      const of = (suffix: string, le?: string) =>
        samples.find(
          ({ name, labels }) => name.endsWith(suffix) && labels.stage === stage && labels.le === le,
        )?.value;
      expect(seconds.length).toBeGreaterThan(20);
      expect(of('_count')).toBe(seconds.length);
      expect(of('_sum')).toBeCloseTo(
        seconds.reduce((sum, one) => sum + one, 0),
        6,
      );
      for (const le of [0.001, 0.1, 5]) {
        expect(of('_bucket', String(le))).toBe(seconds.filter((one) => one <= le).length);
      }
      expect(of('_bucket', '+Inf')).toBe(seconds.length);
    }
  });

  test('labels have words of the vocabularies, and no address of the captures', () => {
    const causes = new Set(CAUSES.map(({ id }) => id));
    for (const { labels } of families.get('sshfate_sessions_total')?.samples ?? []) {
      expect(FATES).toContain(labels.fate);
      expect(labels.cause === 'none' || causes.has(labels.cause as string)).toBe(true);
    }
    for (const { client, server } of records) {
      expect(text).not.toContain(client.address);
      expect(text).not.toContain(server.address);
    }
    const anomalies = families.get('sshfate_anomalies_total')?.samples ?? [];
    expect(anomalies.length).toBeGreaterThan(0);
    expect(anomalies.reduce((sum, { value }) => sum + value, 0)).toBe(
      records.reduce((sum, one) => sum + one.anomalies.length, 0),
    );
  });

  test('the names follow the conventions of Prometheus', () => {
    for (const { name, type, help } of families.values()) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).toMatch(/^(sshfate|process|nodejs)_[a-z0-9_]+$/);
      // Base units, written out; no unit or type inside of the name.
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kilobytes|mb|counter|gauge|histogram)(_|$)/);
      expect(name).not.toMatch(/_(sum|count|bucket)$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      if (name.startsWith('sshfate_')) expect(help).toMatch(/^[A-Z0-9].*[.]$/);
    }
    expect(valueIn(families, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(valueIn(families, 'sshfate_build_info', { version: '1.2.3' })).toBe(1);
  });

  const parser = '/usr/lib/python3/dist-packages/prometheus_client/parser.py';
  const why = existsSync(parser) ? '' : ' (skipped: python3-prometheus-client is not installed)';
  test.skipIf(why !== '')(`the parser of the Python client reads the same${why}`, () => {
    const script =
      'import json,sys\nfrom prometheus_client.parser import text_string_to_metric_families as parse\n' +
      'print(json.dumps([[s.name, s.labels, s.value if s.value == s.value else None] for f in parse(sys.stdin.read()) for s in f.samples]))';
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script], {
      input: text,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const own = [...families.values()].flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [name, labels, Number.isNaN(value) ? null : value]),
    );
    expect(JSON.parse(stdout)).toEqual(own);
    expect(own).toContainEqual(['sshfate_interface_up', { interface: 'eth"0' }, 1]);
  });
});

describe('of the watch itself', () => {
  test('counters are there with 0 before anything happens', async () => {
    const families = await read(new LiveMetrics({ version: '1.2.3' }));
    for (const fate of FATES) {
      expect(valueIn(families, 'sshfate_sessions_total', { fate, cause: 'none' })).toBe(0);
    }
    for (const name of ['packets', 'lost_packets', 'verdicts_revised']) {
      expect(valueIn(families, `sshfate_${name}_total`)).toBe(0);
    }
    expect(families.has('sshfate_webhook_waiting_events')).toBe(false);
  });

  test('packets, losses and interfaces are those of its state', async () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    const state = stateOf({
      lost: 7,
      interfaces: [
        { name: 'eth0', via: 'tcpdump', capturing: true, drops: 7 },
        { name: 'eth1', via: 'cap', capturing: false, drops: undefined },
      ],
    });
    state.watch.packets = 1234;
    state.findings.ungrouped = 5;
    state.watch.engine.tracker.counters.evictedSyns = 2;
    metrics.state(state);
    // Read twice: what is taken over from elsewhere is not added up.
    await read(metrics);
    const families = await read(metrics);
    expect(valueIn(families, 'sshfate_packets_total')).toBe(1234);
    expect(valueIn(families, 'sshfate_lost_packets_total')).toBe(7);
    expect(valueIn(families, 'sshfate_interface_up', { interface: 'eth0' })).toBe(1);
    expect(valueIn(families, 'sshfate_interface_up', { interface: 'eth1' })).toBe(0);
    expect(valueIn(families, 'sshfate_interface_dropped_packets_total', { interface: 'eth0' })).toBe(7);
    expect(
      valueIn(families, 'sshfate_interface_dropped_packets_total', { interface: 'eth1' }),
    ).toBeUndefined();
    expect(valueIn(families, 'sshfate_limit_hits_total', { limit: 'evicted-syns' })).toBe(2);
    expect(valueIn(families, 'sshfate_limit_hits_total', { limit: 'sessions-without-finding' })).toBe(5);
  });

  test('a verdict that replaces another one is counted, a first one is not', async () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    await analyzeCapture(path.join(CAPTURES, 'completed.client.pcap'), {}, (session) => {
      metrics.verdict(session, { revision: 1 });
      metrics.verdict(session, { revision: 2, previous: { fate: 'open', cause: undefined } });
    });
    expect(valueIn(await read(metrics), 'sshfate_verdicts_revised_total')).toBe(1);
  });

  test('findings are open from their first event to their last', async () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    const open = async () => {
      const families = await read(metrics);
      return ['high', 'medium', 'low', 'info'].map((severity) =>
        valueIn(families, 'sshfate_findings_open', { severity }),
      );
    };
    expect(await open()).toEqual([0, 0, 0, 0]);
    metrics.finding({ event: 'opened', finding: finding('a', 'high') });
    metrics.finding({ event: 'opened', finding: finding('b', 'low') });
    metrics.finding({ event: 'grew', finding: finding('a', 'high') });
    expect(await open()).toEqual([1, 0, 1, 0]);
    metrics.finding({ event: 'ended', finding: finding('a', 'high') });
    expect(await open()).toEqual([0, 0, 1, 0]);
    expect(valueIn(await read(metrics), 'sshfate_finding_events_total', { event: 'opened' })).toBe(2);
  });

  test('open sessions are those that go on', async () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    const { replay } = await import('../live/replay.ts');
    const seen: (number | undefined)[] = [];
    const reads: Promise<unknown>[] = [];
    await replay(path.join(CAPTURES, 'completed.client.pcap'), {
      thenMs: 60_000,
      each: (watch) => {
        metrics.state(stateOf({ watch }));
        const gauge = metrics.registry.getSingleMetric('sshfate_open_sessions');
        reads.push(Promise.resolve(gauge?.get()).then((got) => seen.push(got?.values[0]?.value)));
      },
    });
    await Promise.all(reads);
    expect(Math.max(...seen.map((one) => one ?? -1))).toBe(1);
    expect(seen.at(-1)).toBe(0);
  });

  test('SYNs that nobody has answered are told apart from them', async () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    const { replay } = await import('../live/replay.ts');
    const reads: Promise<number | undefined>[] = [];
    await replay(path.join(CAPTURES, 'no-syn-ack-host-gone.client.pcap'), {
      thenMs: 1000,
      each: (watch) => {
        metrics.state(stateOf({ watch }));
        const gauge = metrics.registry.getSingleMetric('sshfate_unanswered_syns');
        reads.push(Promise.resolve(gauge?.get()).then((got) => got?.values[0]?.value));
      },
    });
    expect(Math.max(...(await Promise.all(reads)).map((one) => one ?? -1))).toBe(1);
  });

  test('the deliveries of a webhook are told where there is one', async () => {
    const deliveries = () => ({ delivered: 5, failed: 4, refused: 3, dropped: 2, waiting: 1 });
    const families = await read(new LiveMetrics({ version: '1.2.3', deliveries }));
    for (const [outcome, count] of [
      ['delivered', 5],
      ['failed', 4],
      ['refused', 3],
    ] as const) {
      expect(valueIn(families, 'sshfate_webhook_deliveries_total', { outcome })).toBe(count);
    }
    expect(valueIn(families, 'sshfate_webhook_dropped_events_total')).toBe(2);
    expect(valueIn(families, 'sshfate_webhook_waiting_events')).toBe(1);
  });

  test('it is well when every interface is captured from', () => {
    const metrics = new LiveMetrics({ version: '1.2.3' });
    expect(metrics.unhealthy).toBe('the watch has not begun');
    const of = (...capturing: readonly boolean[]) => {
      const interfaces = capturing.map((each, index) => ({
        name: `eth${index}`,
        via: 'tcpdump' as const,
        capturing: each,
        drops: 0,
      }));
      metrics.state(stateOf({ interfaces }));
      return metrics.unhealthy;
    };
    expect(of(true, true)).toBeUndefined();
    expect(of(true, false)).toBe('not capturing from eth1');
  });
});

test('a metric of a hostile session has no text of the wire', async () => {
  const metrics = new LiveMetrics({ version: '1.2.3' });
  const record = noCommonKex();
  expect(record.fate).toBe('close-during-kex');
  metrics.finding({ event: 'opened', finding: { ...finding('\u001b[31m', 'high'), title: '\u001b[31m' } });
  expect(await metrics.registry.metrics()).not.toContain('\u001b');
});
