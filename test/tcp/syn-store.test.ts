import { expect, it } from 'vitest';
import { mssOption, windowScaleOption } from '../../src/tcp/options.ts';
import { SynStore } from '../../src/tcp/syn-store.ts';
import { segmentOf } from './dialogue.ts';

it('SynStore gives a SYN back as it was, also after it has grown.', () => {
  const store = new SynStore();
  const syn = segmentOf(
    { from: 'client', flags: 'S', sequence: -5, window: 1024, hopLimit: 3, ipId: -1 },
    99,
  );
  syn.bytes = Uint8Array.of(2, 4, 5, 180, 1, 3, 3, 7);
  syn.optionsLength = 8;
  syn.trafficClass = 0xb8;
  store.store(7, syn, 42);
  store.store(70_000, segmentOf({ from: 'client', flags: 'S', sequence: 1 }, 100), 43);
  expect([store.numberOf(7), store.numberOf(70_000)]).toEqual([42, 43]);
  const bare = store.replay(70_000);
  expect(mssOption(bare.bytes, bare.optionsOffset, bare.optionsLength)).toBe(-1);
  const back = store.replay(7);
  const { packetNumber, timeNs, sequence, window, hopLimit, ipId, trafficClass, flags } = syn;
  expect(back).toMatchObject({ packetNumber, timeNs, sequence, window, hopLimit, ipId, trafficClass, flags });
  expect(mssOption(back.bytes, back.optionsOffset, back.optionsLength)).toBe(1460);
  expect(windowScaleOption(back.bytes, back.optionsOffset, back.optionsLength)).toBe(7);
});
