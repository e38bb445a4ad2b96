import { describe, expect, it } from 'vitest';
import { TICKET_SYSTEMS } from '../../src/tickets/catalogue.ts';
import { type ConnectOptions, connect } from '../../src/tickets/connect.ts';
import { github } from '../../src/tickets/github.ts';
import type { HttpRequest } from '../../src/tickets/http-message.ts';
import { requestTracker } from '../../src/tickets/request-tracker.ts';
import { webhook } from '../../src/tickets/webhook.ts';

function options(changes: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    environment: { SSHFATE_RT_CREDENTIALS: 'token', SSHFATE_GITHUB_CREDENTIALS: 'token' },
    transport: async () => ({ status: 200, headers: new Headers(), text: '{}' }),
    timeoutMs: 1000,
    ...changes,
  };
}

describe('connect', () => {
  it.each([
    ['https://rt.example.org/', 'https://rt.example.org'],
    ['https://rt.example.org/support', 'https://rt.example.org/support'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost/rt/', 'http://localhost/rt'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('takes %s', async (url, address) => {
    expect((await connect(requestTracker, options({ url }))).address).toBe(address);
  });
  it.each([
    ['http://rt.example.org', 'Over http the credential could be read'],
    ['http://127.0.0.1.example.org', 'Over http the credential could be read'],
    ['http://127.evil.example', 'Over http the credential could be read'],
    ['https://root:secret@rt.example.org', 'holds a credential'],
    ['ftp://rt.example.org', 'is no address of Request Tracker'],
    ['rt.example.org', 'is no address of Request Tracker'],
    ['', 'was not said'],
  ])('refuses %s', async (url, why) => {
    const failed = connect(requestTracker, options({ url }));
    await expect(failed).rejects.toThrow(why);
    await expect(failed).rejects.not.toThrow('secret');
  });
  it('takes http to another machine when that is asked for', async () => {
    expect((await connect(requestTracker, options({ url: 'http://rt.lan', allowHttp: true }))).address).toBe(
      'http://rt.lan',
    );
  });
  it('takes the address from the environment, and else the public one', async () => {
    const environment = { SSHFATE_GITHUB_CREDENTIALS: 'x' };
    expect((await connect(github, options({ environment }))).address).toBe('https://api.github.com');
    const ours = { ...environment, SSHFATE_GITHUB_URL: 'https://git.acme.example/api/v3' };
    expect((await connect(github, options({ environment: ours }))).address).toBe(
      'https://git.acme.example/api/v3',
    );
  });
  it('does not do without certificates', async () => {
    const environment = { SSHFATE_RT_CREDENTIALS: 'x', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    await expect(
      connect(requestTracker, options({ url: 'https://rt.example.org', environment })),
    ).rejects.toThrow('NODE_TLS_REJECT_UNAUTHORIZED=0 would let anybody pass');
  });
  it('does not do without a credential, unless nothing is sent or none is needed', async () => {
    const url = 'https://x.example.org';
    const environment = {};
    await expect(connect(requestTracker, options({ url, environment }))).rejects.toThrow(
      'There is no credential for Request Tracker. Put it (a token, or USER:PASSWORD) into SSHFATE_RT_CREDENTIALS',
    );
    await connect(requestTracker, options({ url, environment, isDry: true }));
    await connect(webhook, options({ url, environment }));
  });
  it('takes a password in any script, and no token that a header cannot hold', async () => {
    const url = 'https://rt.example.org';
    await connect(
      requestTracker,
      options({ url, environment: { SSHFATE_RT_CREDENTIALS: 'root:pässwörd€' } }),
    );
    const failed = connect(
      requestTracker,
      options({ url, environment: { SSHFATE_RT_CREDENTIALS: 't€ken' } }),
    );
    await expect(failed).rejects.toThrow(
      'holds characters that no header can. Check SSHFATE_RT_CREDENTIALS.',
    );
    await expect(failed).rejects.not.toThrow('t€ken');
  });
  it.each(Object.entries(TICKET_SYSTEMS))(
    'sends the credential of %s in a header, never in the address',
    async (_, system) => {
      const sent: HttpRequest[] = [];
      const api = await connect(system, {
        ...options({ url: 'https://x.example.org/base' }),
        environment: { [`${system.variable}_CREDENTIALS`]: 'S3cr3t-token' },
        transport: async (request) => {
          sent.push(request);
          return { status: 200, headers: new Headers(), text: '{}' };
        },
      });
      await api.send({ method: 'GET', path: '/x?y=1', to: 'try' });
      expect(sent[0]?.url.href).toBe('https://x.example.org/base/x?y=1');
      expect(JSON.stringify(sent[0]?.headers)).toContain('S3cr3t-token');
    },
  );
});
