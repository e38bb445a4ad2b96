import type { Clock } from '../../src/tickets/api.ts';
import { connect } from '../../src/tickets/connect.ts';
import { fetchTransport } from '../../src/tickets/fetch-transport.ts';
import { contentKey, type Outcome, type PublishOptions, publish } from '../../src/tickets/publish.ts';
import type { TicketContent } from '../../src/tickets/ticket-content.ts';
import type { TicketSystem } from '../../src/tickets/ticket-system.ts';
import { sampleContent } from './sample-content.ts';

export interface Published {
  readonly outcome: Outcome;
  /** How long it would have waited between tries. */
  readonly waitsMs: readonly number[];
}

/** Publishes over real HTTP; waiting between tries takes no time. */
export async function publishTo(
  system: TicketSystem,
  url: string,
  options: Partial<PublishOptions> & {
    readonly credential?: string;
    readonly content?: TicketContent;
    readonly timeoutMs?: number;
    readonly waitsMs?: number[];
  },
): Promise<Published> {
  const content = options.content ?? sampleContent();
  const waitsMs = options.waitsMs ?? [];
  const api = await connect(system, {
    ...options,
    environment: { [`${system.variable}_CREDENTIALS`]: options.credential ?? 'token-1234' },
    url,
    transport: fetchTransport(),
    timeoutMs: options.timeoutMs ?? 20_000,
    clock: fastClock(waitsMs),
  });
  const outcome = await publish(system, api, content, {
    ...options,
    key: contentKey(content.captures, undefined),
  });
  return { outcome, waitsMs };
}

/** The waiting is added to the time, and not waited for. */
export function fastClock(waitsMs: number[]): Clock {
  let waitedMs = 0;
  return {
    nowMs: () => Date.now() + waitedMs,
    random: () => 1,
    async sleep(ms) {
      waitsMs.push(ms);
      waitedMs += ms;
    },
  };
}
