import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Service } from './service.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE']);

/** What Prometheus is told of the service. Labels are from fixed sets. */
export class ServiceMetrics {
  private readonly registry = new Registry();
  private readonly requests: Counter<'method' | 'status'>;
  private readonly seconds: Histogram<'method'>;

  constructor({ store }: Service) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.requests = new Counter({
      name: 'sshfate_requests_total',
      help: 'Requests by method and status.',
      labelNames: ['method', 'status'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'sshfate_request_seconds',
      help: 'Time until the answer begins.',
      labelNames: ['method'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
      registers,
    });
    new Gauge({
      name: 'sshfate_captures',
      help: 'Stored captures by state.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, captures] of Object.entries(store.counts())) this.set({ state }, captures);
      },
    });
    new Gauge({
      name: 'sshfate_stored_bytes',
      help: 'Bytes of stored captures.',
      registers,
      collect() {
        this.set(store.storedBytes());
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  answered(method: string, status: number, tookMs: number): void {
    const known = METHODS.has(method) ? method : 'other';
    this.requests.inc({ method: known, status: String(status) });
    this.seconds.observe({ method: known }, tookMs / 1000);
  }
}
