import { randomUUID } from 'node:crypto';
import type { FindingEvent } from '../live/live-findings.ts';
import type { LiveSink } from '../live/live-sink.ts';
import { type BackOff, DEFAULT_BACK_OFF, pauseMs } from './back-off.ts';
import { deliver, type Outcome, type Receiver } from './delivery.ts';
import { type EventSource, eventBody } from './event-document.ts';
import { EventQueue, type QueuedEvent, type QueueLimits, type QueueTrouble } from './event-queue.ts';
import * as messages from './messages.ts';

export interface WebhookOptions {
  readonly receiver: Receiver;
  /** Where events wait; made where it is not there. */
  readonly folder: string;
  readonly source: EventSource;
  /** For people, one or two sentences. */
  readonly say: (text: string) => void;
  /** The same, after the watch has ended. */
  readonly sayAtEnd?: ((text: string) => void) | undefined;
  readonly limits?: Partial<QueueLimits>;
  readonly timing?: Partial<WebhookTiming>;
}

export interface WebhookTiming extends BackOff {
  /** For an answer. */
  readonly timeoutMs: number;
  /** For what waits when the watch ends. */
  readonly endMs: number;
  /** Between two lines that say the same thing. */
  readonly sayAgainMs: number;
}

const DEFAULT_TIMING: WebhookTiming = {
  ...DEFAULT_BACK_OFF,
  timeoutMs: 10_000,
  endMs: 3000,
  sayAgainMs: 60_000,
};

/**
 * Posts the events of findings, one after the other in their order, each at least once: until the receiver has answered
 * 2xx it waits on disk. Nothing here is ever waited for by the watch.
 */
export class Webhook implements LiveSink {
  delivered = 0;
  failed = 0;
  refused = 0;
  private readonly options: WebhookOptions;
  private readonly timing: WebhookTiming;
  private readonly queue: EventQueue;
  /** Settled when nothing more is sent. */
  private readonly sending: Promise<void>;
  private readonly stopped = new AbortController();
  private isEnding = false;
  private failures = 0;
  private wakeUp: () => void = () => {};
  /** Said, and not yet said that it works again. */
  private saidFailing = false;
  private readonly saidMs = new Map<string, number>();

  /** @throws FolderInUse when another process has the folder; errors of the file system. */
  static async open(options: WebhookOptions): Promise<Webhook> {
    let webhook: Webhook | undefined;
    const early: QueueTrouble[] = [];
    const queue = await EventQueue.open({
      folder: options.folder,
      onTrouble: (trouble) => (webhook === undefined ? early.push(trouble) : webhook.queueTrouble(trouble)),
      ...(options.limits && { limits: options.limits }),
    });
    webhook = new Webhook(options, queue);
    for (const trouble of early) webhook.queueTrouble(trouble);
    return webhook;
  }

  private constructor(options: WebhookOptions, queue: EventQueue) {
    this.options = options;
    this.timing = { ...DEFAULT_TIMING, ...options.timing };
    this.queue = queue;
    if (queue.waiting > 0) options.say(messages.fromBefore(queue.waiting, queue.folder));
    this.sending = this.send();
  }

  get waiting(): number {
    return this.queue.waiting;
  }

  /** Given up. */
  get dropped(): number {
    return this.queue.dropped;
  }

  finding(event: FindingEvent): void {
    const id = randomUUID();
    const time = new Date().toISOString();
    this.queue.add(id, eventBody(event, { id, time, source: this.options.source }));
  }

  /** Tries once to deliver what waits, for a moment; the rest stays on disk. */
  async end(): Promise<void> {
    this.isEnding = true;
    this.queue.lookAgain();
    this.wakeUp();
    const timer = setTimeout(() => this.stopped.abort(), this.timing.endMs);
    await this.sending;
    clearTimeout(timer);
    await this.queue.close();
    const { waiting, unwritten, folder } = this.queue;
    if (waiting > unwritten) this.say(messages.waitAtEnd(waiting - unwritten, folder));
    if (unwritten > 0) this.say(messages.lostAtEnd(unwritten, folder));
  }

  private async send(): Promise<void> {
    for (;;) {
      const event = await this.queue.first({ waits: () => !this.isEnding });
      if (event === undefined || this.stopped.signal.aborted) return;
      const outcome = await this.tryOne(event);
      switch (outcome?.kind) {
        case undefined:
          continue;
        case 'delivered':
          await this.queue.delivered(event);
          this.hasWorked();
          continue;
        case 'refused':
          await this.queue.setAside(event);
          this.wasRefused(outcome.why);
          continue;
        case 'failed':
          this.queue.putBack(event);
          if (!(await this.hasFailed(outcome))) return;
      }
    }
  }

  /** Undefined when there is nothing to send after all. */
  private async tryOne(event: QueuedEvent): Promise<Outcome | undefined> {
    try {
      const body = await this.queue.bodyOf(event);
      if (body === undefined) return undefined;
      const { timeoutMs } = this.timing;
      const { signal } = this.stopped;
      return await deliver(this.options.receiver, { id: event.id, body }, { timeoutMs, signal });
    } catch (error) {
      return { kind: 'failed', why: `cannot be told: ${(error as Error).message}` };
    }
  }

  private hasWorked(): void {
    this.delivered++;
    this.failures = 0;
    if (!this.saidFailing) return;
    this.saidFailing = false;
    this.say(messages.worksAgain(this.options.receiver.url, this.queue.waiting));
  }

  private wasRefused(why: string): void {
    this.refused++;
    this.failures = 0;
    const { receiver } = this.options;
    this.sayNowAndThen(`refused ${why}`, () => messages.refused(receiver.url, why, this.queue.refusedFolder));
  }

  /** Waits until it is to be tried again; false when it is not, because the watch ends. */
  private async hasFailed({ why, afterMs = 0 }: Outcome & { kind: 'failed' }): Promise<boolean> {
    this.failed++;
    this.failures++;
    if (this.isEnding) return false;
    if (!this.saidFailing) {
      const { receiver } = this.options;
      const { waiting, folder } = this.queue;
      this.saidFailing = this.sayNowAndThen('failed', () =>
        messages.failed(receiver.url, why, waiting, folder),
      );
    }
    const { firstMs } = this.timing;
    const askedMs = afterMs > 0 ? Math.max(afterMs, firstMs) : 0;
    await this.pause(askedMs || pauseMs(this.failures, this.timing, Math.random()));
    // Whoever asked not to be asked before is not asked at the end either.
    return !(this.isEnding && askedMs > 0);
  }

  /** Shorter when the watch ends. */
  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = () => {};
  }

  private queueTrouble(trouble: QueueTrouble): void {
    const { folder, refusedFolder } = this.queue;
    switch (trouble.kind) {
      case 'not-writable':
        this.say(messages.notWritable(folder, trouble.error));
        return;
      case 'writable-again':
        this.say(messages.writableAgain(folder));
        return;
      case 'dropped':
        this.sayNowAndThen('dropped', () => messages.dropped(this.queue.dropped));
        return;
      case 'damaged':
        this.sayNowAndThen('damaged', () => messages.damaged(trouble.name, refusedFolder));
    }
  }

  private say(text: string): void {
    const { say, sayAtEnd = say } = this.options;
    if (this.isEnding) sayAtEnd(text);
    else say(text);
  }

  /** Whether it was said; not when the same was said a moment ago. */
  private sayNowAndThen(what: string, text: () => string): boolean {
    const nowMs = performance.now();
    if (nowMs - (this.saidMs.get(what) ?? Number.NEGATIVE_INFINITY) < this.timing.sayAgainMs) return false;
    this.saidMs.set(what, nowMs);
    this.say(text());
    return true;
  }
}
