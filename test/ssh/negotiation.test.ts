import { describe, expect, it } from 'vitest';
import type { KexInit, Proposal } from '../../src/ssh/conversation-api.ts';
import { readKexInit, SeenKexInit, type SharedProposal } from '../../src/ssh/kexinit.ts';
import { guessedWrong, isPostQuantum, negotiate } from '../../src/ssh/negotiation.ts';
import { kexInitPayload, type Lists } from './wire.ts';

function proposal(lists: Lists): SharedProposal {
  const payload = kexInitPayload(lists);
  return readKexInit(payload, 0, payload.length).proposal as SharedProposal;
}

const both = (client: Lists, server: Lists) => negotiate(proposal(client), proposal(server));

describe('negotiate', () => {
  it('takes the first name of the client that the server has', () => {
    expect(both({ kex: 'a,b,c' }, { kex: 'c,b' }).kex).toBe('b');
    expect(both({ cipher: 'aes128-ctr,aes256-ctr' }, { cipher: 'aes256-ctr,aes128-ctr' })).toMatchObject({
      cipherClientToServer: 'aes128-ctr',
      cipherServerToClient: 'aes128-ctr',
      macClientToServer: 'hmac-sha2-256',
      mismatch: undefined,
    });
  });

  it('negotiates no MAC for a cipher that has its own', () => {
    for (const cipher of ['chacha20-poly1305@openssh.com', 'aes256-gcm@openssh.com']) {
      const agreed = both({ cipher, mac: 'x' }, { cipher, mac: 'y' });
      expect(agreed).toMatchObject({ macClientToServer: '<implicit>', mismatch: undefined });
    }
  });

  it('never chooses ext-info or strict key exchange', () => {
    const signals = 'ext-info-c,ext-info-s,kex-strict-c-v00@openssh.com';
    const agreed = both({ kex: `${signals},a` }, { kex: `${signals},b` });
    expect(agreed.kex).toBeUndefined();
    expect(agreed.mismatch).toMatchObject({ category: 'kex' });
  });

  it('is strict only when both sides say so', () => {
    const client = 'a,kex-strict-c-v00@openssh.com';
    const server = 'a,kex-strict-s-v00@openssh.com';
    expect(both({ kex: client }, { kex: server }).strict).toBe(true);
    expect(both({ kex: client }, { kex: client }).strict).toBe(false);
    expect(both({ kex: 'a' }, { kex: server }).strict).toBe(false);
  });

  it.each<[string, Lists, Lists, object]>([
    [
      'kex',
      { kex: 'a', hostKey: 'x' },
      { kex: 'b', hostKey: 'y' },
      { category: 'kex', direction: undefined, client: ['a'], server: ['b'] },
    ],
    [
      'host key',
      { hostKey: 'x', cipher: 'p' },
      { hostKey: 'y', cipher: 'q' },
      { category: 'host-key', client: ['x'], server: ['y'] },
    ],
    [
      'cipher',
      { cipher: 'p', mac: 'm' },
      { cipher: 'q', mac: 'n' },
      { category: 'cipher', direction: 'client-to-server', client: ['p'], server: ['q'] },
    ],
    [
      'cipher back',
      { cipherBack: 'p' },
      { cipherBack: 'q' },
      { category: 'cipher', direction: 'server-to-client' },
    ],
    [
      'MAC',
      { cipher: 'aes128-ctr', mac: 'm' },
      { cipher: 'aes128-ctr', mac: 'n' },
      { category: 'mac', direction: 'client-to-server', client: ['m'], server: ['n'] },
    ],
    [
      'compression',
      { compression: 'zlib', cipherBack: 'p' },
      { compression: 'none', cipherBack: 'q' },
      { category: 'compression', direction: 'client-to-server' },
    ],
    [
      'compression back',
      { compressionBack: 'zlib' },
      { compressionBack: 'none' },
      { category: 'compression', direction: 'server-to-client' },
    ],
  ])('names the first mismatch as OpenSSH does: %s', (_, client, server, mismatch) => {
    expect(both(client, server).mismatch).toMatchObject(mismatch);
  });

  it('goes on with the other categories after a mismatch', () => {
    expect(both({ kex: 'a' }, { kex: 'b' })).toMatchObject({
      kex: undefined,
      hostKey: 'ssh-ed25519',
      hybridPostQuantum: undefined,
    });
  });

  it('gives the same instance for the same pair, and still after many other servers', () => {
    const client = proposal({ kex: 'pair' });
    const server = proposal({ kex: 'pair,server' });
    const first = negotiate(client, server);
    expect(negotiate(client, server)).toBe(first);
    for (let n = 0; n < 20; n++) negotiate(client, proposal({ kex: `server-${n}` }));
    expect(negotiate(client, server)).toEqual(first);
  });
});

describe('guessedWrong', () => {
  const init = (lists: Lists, follows: boolean): KexInit =>
    new SeenKexInit(proposal(lists), follows, 1, 0, 0);

  it('compares the first key exchange and the first host key algorithm (RFC 4253 §7)', () => {
    const peer = init({ kex: 'a,b', hostKey: 'x,y' }, false);
    expect(guessedWrong(init({ kex: 'a', hostKey: 'x' }, true), peer)).toBe(false);
    expect(guessedWrong(init({ kex: 'b,a', hostKey: 'x' }, true), peer)).toBe(true);
    expect(guessedWrong(init({ kex: 'a', hostKey: 'y,x' }, true), peer)).toBe(true);
    expect(guessedWrong(init({ kex: 'b', hostKey: 'y' }, false), peer)).toBe(false);
  });
});

describe('isPostQuantum', () => {
  it.each([
    ['sntrup761x25519-sha512@openssh.com', true],
    ['sntrup4591761x25519-sha512@tinyssh.org', true],
    ['mlkem768x25519-sha256', true],
    ['mlkem768nistp256-sha256', true],
    ['x25519-kyber-512r3-sha256-d00@amazon.com', true],
    ['curve25519-sha256', false],
    ['diffie-hellman-group14-sha256', false],
  ])('%s: %s', (kex, expected) => {
    expect(isPostQuantum(kex)).toBe(expected);
    const agreed: Proposal = proposal({ kex });
    expect(negotiate(agreed, agreed).hybridPostQuantum).toBe(expected);
  });
});
