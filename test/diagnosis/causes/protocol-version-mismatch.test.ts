import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';

const meeting = (client: string, server: string) =>
  new Scene()
    .connect()
    .says('server', `SSH-${server}-s\r\n`)
    .says('client', `SSH-${client}-c\r\n`)
    .fin('server')
    .end();

describe('protocol-version-mismatch', () => {
  it('is certain when the versions have nothing in common', () => {
    expect(meeting('1.5', '2.0').cause).toMatchObject({
      id: 'protocol-version-mismatch',
      confidence: 'certain',
    });
    expect(meeting('1.5', '2.0').cause?.nextSteps[0]).toContain('Upgrade the client 10.0.0.1');
    expect(meeting('2.0', '1.5').cause?.nextSteps[0]).toContain('Upgrade the server 10.0.0.2');
    expect(meeting('1.99', '1.5').cause?.id).not.toBe('protocol-version-mismatch');
    expect(meeting('2.0', '1.5').cause?.summary).toContain('client speaks SSH 2.0 and the server SSH 1.5');
  });

  it('is not claimed when one side speaks both', () => {
    expect(meeting('1.99', '2.0').cause?.id).not.toBe('protocol-version-mismatch');
    expect(meeting('2.0', '1.99').cause?.id).not.toBe('protocol-version-mismatch');
  });
});
