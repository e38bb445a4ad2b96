import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../src/capture/open-capture.ts';
import {
  analyzeCapture,
  type CaptureInput,
  classifyFate,
  compareCaptures,
  type SessionRecord,
} from '../src/index.ts';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

const file = (name: string): string => new URL(`../captures/${name}`, import.meta.url).pathname;

async function records(name: string, options = {}): Promise<SessionRecord[]> {
  const all: SessionRecord[] = [];
  await analyzeCapture(file(name), options, (session) => all.push(session.toJSON()));
  return all;
}

describe('analyzeCapture', () => {
  it('takes a path or an open capture', async () => {
    const capture = await openCapture(file('completed.client.pcap'));
    const fates: string[] = [];
    const read = await analyzeCapture(capture, {}, (session) => fates.push(session.fate));
    expect(fates).toEqual(['completed']);
    expect(read).toMatchObject({ format: 'pcap', damage: undefined });
    expect(read.start).toMatch(/^20\d\d-.*Z$/);
  });

  it('takes bytes, and a stream of them', async () => {
    const [expected] = await records('completed.client.pcap');
    const bytes = readFileSync(file('completed.client.pcap'));
    for (const input of [bytes, Readable.from([bytes])]) {
      const all: SessionRecord[] = [];
      await analyzeCapture(input, {}, (session) => all.push(session.toJSON()));
      expect(all).toEqual([{ ...expected, capture: '-' }]);
    }
  });

  it('refuses what is neither with a TypeError', async () => {
    const wrong = [undefined, {}, 7, new ReadableStream()] as unknown as CaptureInput[];
    for (const input of wrong) {
      await expect(analyzeCapture(input, {}, () => {})).rejects.toThrow(TypeError);
    }
  });

  it('closes what it opened, and leaves an open capture to its owner', async () => {
    const before = openDescriptors();
    for (let i = 0; i < 20; i++) {
      await analyzeCapture(file('completed.client.pcap'), {}, () => {});
      await compareCaptures([file('completed.client.pcap'), file('completed.server.pcap')]);
      const failing = analyzeCapture(file('completed.client.pcap'), {}, () => {
        throw new Error('mine');
      });
      await expect(failing).rejects.toThrow('mine');
    }
    expect(openDescriptors()).toBeLessThan(before + 20);
    const stream = new PassThrough();
    stream.write(readFileSync(file('completed.client.pcap')));
    const capture = await openCapture(stream);
    await analyzeCapture(capture, { signal: AbortSignal.timeout(20) }, () => {});
    capture.close();
    expect(stream.destroyed).toBe(false);
  });

  it('is stopped by an abort: what is known is told, and before the first bytes nothing is', async () => {
    const stream = new PassThrough();
    stream.write(readFileSync(file('completed.client.pcap')));
    const fates: string[] = [];
    const read = await analyzeCapture(stream, { signal: AbortSignal.timeout(20) }, ({ fate }) => {
      fates.push(fate);
    });
    expect(fates).toEqual(['completed']);
    expect(read.packets).toBeGreaterThan(0);
    const silent = analyzeCapture(
      new PassThrough(),
      { signal: AbortSignal.abort(new Error('enough')) },
      () => {},
    );
    await expect(silent).rejects.toThrow('enough');
  });

  it('watches the ports that it is told to', async () => {
    expect(await records('completed.client.pcap', { ports: [2222] })).toEqual([]);
    const anywhere = await records('completed.client.pcap', { ports: [2222], anyPort: true });
    expect(anywhere.map((record) => record.fate)).toEqual(['completed']);
  });

  it('lets the caller say how long silence is', async () => {
    const [patient] = await records('stalled-after-banner.client.pcap', { silenceMs: 60_000 });
    const [usual] = await records('stalled-after-banner.client.pcap');
    expect([patient?.fate, usual?.fate]).toEqual(['open', 'stalled-after-banner']);
  });

  it('rejects what is not there with a CaptureError', async () => {
    await expect(analyzeCapture('/nonexistent.pcap', {}, () => {})).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('lets a saved record be judged again', async () => {
    const [record] = await records('no-syn-ack.client.pcap');
    expect(classifyFate(JSON.parse(JSON.stringify(record?.observed))).fate).toBe('no-syn-ack');
  });
});
