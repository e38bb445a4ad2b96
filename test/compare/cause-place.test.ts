import { describe, expect, it } from 'vitest';
import { isOfPath, isOfWaiting, placeOfCause } from '../../src/compare/cause-place.ts';
import type { Trace } from '../../src/compare/trace.ts';
import { CAUSES } from '../../src/diagnosis/catalogue.ts';
import type { Cause } from '../../src/session/record.ts';
import { handshake, type Line, traceOf } from './traces.ts';

const cause = (id: string, packet = 1): Cause => ({
  id,
  confidence: 'likely',
  summary: '',
  evidence: [{ packet, time: '', what: '' }],
  nextSteps: [],
});

const trace = (view: Partial<Trace['view']>, lines: readonly Line[] = handshake()): Trace => {
  const made = traceOf(lines);
  return { ...made, view: { ...made.view, icmp: [], ...view } };
};

const icmp = (reporter: string): Trace['view']['icmp'] => [
  { ...{ packet: 2, time: '', reporter, ipVersion: 4, type: 3, code: 3, about: 'client', hopLimit: 64 } },
];

describe('the place of a cause', () => {
  it('is known of every cause that there is', () => {
    const view = {
      endedBy: 'client',
      disconnect: [{ from: 'server', packet: 1, reasonCode: 12, description: '' }],
    } as const;
    for (const { id } of CAUSES) expect(placeOfCause(cause(id), trace(view)), id).not.toBe('unknown');
  });

  it('of an ICMP error is the server when the server sent it', () => {
    const server = { address: '192.0.2.2', port: 22 };
    expect(placeOfCause(cause('icmp-port-unreachable'), trace({ server, icmp: icmp('192.0.2.2') }))).toBe(
      'server',
    );
    expect(placeOfCause(cause('icmp-port-unreachable'), trace({ server, icmp: icmp('192.0.2.1') }))).toBe(
      'path',
    );
  });

  it('of a message that complains of the protocol is the other side', () => {
    const said = (reasonCode: number) =>
      trace({ disconnect: [{ from: 'server', packet: 1, reasonCode, description: '' }] });
    expect(placeOfCause(cause('disconnect-message'), said(2))).toBe('client');
    expect(placeOfCause(cause('disconnect-message'), said(12))).toBe('server');
  });

  it('of keep-alives without an answer is the side that did not answer', () => {
    expect(placeOfCause(cause('keepalive-failed'), trace({ endedBy: 'client' }))).toBe('server');
    expect(placeOfCause(cause('keepalive-failed'), trace({ endedBy: 'server' }))).toBe('client');
  });

  it('of a refused login is the client that has no right key, and the server that turns the user away itself', () => {
    expect(placeOfCause(cause('authentication-failed'), trace({ endedBy: 'client' }))).toBe('client');
    expect(placeOfCause(cause('authentication-failed'), trace({ endedBy: 'server' }))).toBe('server');
  });

  it('of an old protocol is the side that speaks it', () => {
    const client = (identification: string) => trace({ client: { address: 'c', port: 1, identification } });
    expect(placeOfCause(cause('protocol-version-mismatch'), client('SSH-1.5-x'))).toBe('client');
    expect(placeOfCause(cause('protocol-version-mismatch'), client('SSH-2.0-x'))).toBe('server');
  });

  it('of a broken stream is the side that sent it', () => {
    expect(placeOfCause(cause('corrupt-stream', 1), trace({}))).toBe('client');
    expect(placeOfCause(cause('corrupt-stream', 2), trace({}))).toBe('server');
  });

  it('of a cause that a later version has is not known', () => {
    expect(placeOfCause(cause('something-new'), trace({}))).toBe('unknown');
    expect([isOfPath('path-lost'), isOfPath('icmp-admin-prohibited'), isOfPath('server-hung')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('tells causes of a side that waited in vain from others', () => {
    expect(['server-hung', 'user-gave-up', 'server-process-died', 'path-lost'].map(isOfWaiting)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
