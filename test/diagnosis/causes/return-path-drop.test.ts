import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

describe('return-path-drop', () => {
  it('is certain when SYN and SYN-ACK are both repeated and this was not captured at the client', () => {
    const far = { hopLimit: 60 };
    const record = new Scene()
      .syn(far)
      .synAck()
      .wait(1000)
      .syn({ ...far, ipId: 2 })
      .synAck({ ipId: 3 })
      .wait(20_000)
      .end();
    expect(record.fate).toBe('syn-ack-unanswered');
    expect(record.cause).toMatchObject({ id: 'return-path-drop', confidence: 'certain' });
    expect(record.cause?.evidence.map((item) => item.packet)).toEqual([1, 2, 3, 4]);
  });

  it('at the client it is something there that drops them', () => {
    const near = { hopLimit: 61 };
    const record = new Scene()
      .syn()
      .synAck(near)
      .wait(1000)
      .syn({ ipId: 2 })
      .synAck({ ...near, ipId: 3 })
      .wait(20_000)
      .end();
    expect(record.cause).toMatchObject({ id: 'return-path-drop', confidence: 'likely' });
    expect(record.cause?.summary).toContain("arrived at the client's link");
  });

  it('is only possible when the client did not ask again', () => {
    const record = new Scene().syn().synAck().wait(1000).synAck({ ipId: 3 }).wait(20_000).end();
    expect(record.cause).toMatchObject({ id: 'return-path-drop', confidence: 'possible' });
  });

  it('is not claimed of one of a flood, unless the client asked again', () => {
    const flood = { server: { fates: { 'syn-ack-unanswered': 1000 } } };
    const once = new Scene().syn().synAck().wait(1000).synAck({ ipId: 3 }).wait(20_000).end();
    expect(findingOf('return-path-drop', once)).toBeDefined();
    expect(findingOf('return-path-drop', among(once, flood))).toBeUndefined();
    const scene = new Scene().syn().synAck().wait(1000).syn({ ipId: 2 }).synAck({ ipId: 3 });
    expect(findingOf('return-path-drop', among(scene.wait(20_000).end(), flood))).toBeDefined();
  });
});
