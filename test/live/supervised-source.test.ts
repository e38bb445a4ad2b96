import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { PacketSource, SourceEnd, SourceEvents } from '../../src/live/packet-source.ts';
import { supervise } from '../../src/live/supervised-source.ts';

/** A source whose runs are told beforehand: whether it captures, and how it ends. */
function source(
  runs: readonly { readonly works: boolean; readonly end: SourceEnd }[],
): PacketSource & { begun: number } {
  const made = {
    interfaceName: 'eth0',
    via: 'tcpdump' as const,
    drops: undefined,
    begun: 0,
    refresh() {},
    async run(events: SourceEvents, signal: AbortSignal): Promise<SourceEnd> {
      const run = runs[made.begun++];
      if (run === undefined) {
        await wait(10_000, undefined, { signal }).catch(() => {});
        return { kind: 'stopped', detail: '' };
      }
      if (run.works) events.onReady();
      return run.end;
    },
  };
  return made;
}

const GONE: SourceEnd = { kind: 'no-interface', detail: 'it is gone' };

function listener() {
  const heard: string[] = [];
  return {
    heard,
    events: {
      onPacket() {},
      onStarted: () => heard.push('started'),
      onInterrupted: ({ detail }: SourceEnd) => heard.push(`interrupted: ${detail}`),
      onResumed: () => heard.push('resumed'),
    },
  };
}

describe('supervise', () => {
  it('gives up a source that does not work from the start, and says why', async () => {
    const { heard, events } = listener();
    const end = await supervise(source([{ works: false, end: GONE }]), events, new AbortController().signal);
    expect([end, heard]).toEqual([GONE, []]);
  });

  it('starts one that worked again and again, and says once that it does not work', async () => {
    const { heard, events } = listener();
    const stop = new AbortController();
    const made = source([
      { works: true, end: GONE },
      { works: false, end: GONE },
      { works: true, end: GONE },
    ]);
    const running = supervise(made, events, stop.signal);
    while (made.begun < 3) await wait(20);
    stop.abort();
    expect((await running).kind).toBe('stopped');
    expect(heard).toEqual(['started', 'interrupted: it is gone', 'resumed', 'interrupted: it is gone']);
  });
});
