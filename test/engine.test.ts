import { describe, expect, it } from 'vitest';
import { openCapture } from '../src/capture/open-capture.ts';
import { analyzeCapture, classifyFate, type SessionRecord } from '../src/index.ts';

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
