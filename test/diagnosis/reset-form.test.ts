import { describe, expect, it } from 'vitest';
import { resetForm } from '../../src/diagnosis/reset-form.ts';
import type { ResetRecord, SessionRecord } from '../../src/session/record.ts';
import { Scene } from '../session/scene.ts';

const MARKED = 0x48;
const session = (trafficClass: number): SessionRecord => new Scene().syn({ trafficClass }).end();
const reset = (rest: Partial<ResetRecord>): ResetRecord => ({
  packet: 9,
  time: '',
  from: 'server',
  ack: true,
  hopLimit: 64,
  ipId: 0,
  window: 0,
  optionsLength: 0,
  trafficClass: 0,
  ...rest,
});

describe('resetForm', () => {
  it('no-socket copies the mark of the packet that it answers, in IPv6 too', () => {
    expect(resetForm(session(MARKED), reset({ trafficClass: MARKED }))).toBe('no-socket');
    const { ipId: _, ...six } = reset({ trafficClass: MARKED });
    expect(resetForm(session(MARKED), six)).toBe('no-socket');
  });

  it('filter has no mark although the packet that it answers has', () => {
    expect(resetForm(session(MARKED), reset({}))).toBe('filter');
  });

  it('the two are one when nothing is marked, and neither when the reset has a mark of its own', () => {
    expect(resetForm(session(0), reset({}))).toBeUndefined();
    expect(resetForm(session(MARKED), reset({ trafficClass: 0x20 }))).toBeUndefined();
  });

  it('follows a change of the mark', () => {
    const record = session(MARKED);
    const changed = { ...record, tcp: { ...record.tcp, markings: { client: [{ packet: 5, dscp: 8 }] } } };
    expect(resetForm(changed, reset({ trafficClass: 0x20 }))).toBe('no-socket');
    expect(resetForm(changed, reset({ packet: 4, trafficClass: MARKED }))).toBe('no-socket');
  });

  it('process has a window and time stamps, or without these an IP identification that counts on', () => {
    const own = { window: 500, ipId: 101, previousIpId: 100 };
    expect(resetForm(session(0), reset({ ...own, optionsLength: 12, timestamps: true }))).toBe('process');
    expect(resetForm(session(0), reset({ ...own, timestamps: false }))).toBe('process');
    expect(resetForm(session(0), reset({ ...own, timestamps: true }))).toBeUndefined();
    expect(resetForm(session(0), reset({ ...own, ipId: 40_000 }))).toBeUndefined();
  });
});
