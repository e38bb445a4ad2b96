import { describe, expect, it } from 'vitest';
import {
  clientHabits,
  isBeforeDisconnect,
  isFarewell,
  isOnlyForwarding,
  isSessionStart,
  isSuccessWithMore,
  judgeRounds,
  opensChannel,
  type Sizes,
  serverKeepsMinimum,
} from '../../src/ssh/authentication-rounds.ts';
import { type PacketShape, packetShape } from '../../src/ssh/packet-shape.ts';

function sizes(cipher = 'chacha20-poly1305@openssh.com', mac = '<implicit>'): Sizes {
  const shape = packetShape(cipher, mac, 'none') as PacketShape;
  return { client: shape, server: shape };
}

const CHACHA = sizes();
const OPENSSH = clientHabits('OpenSSH_9.2p1');
const LIBRARY = clientHabits('libssh-0.10.4');

// chacha20-poly1305: SERVICE_REQUEST and SERVICE_ACCEPT take 44, "none" of a user with nine letters 68,
// its USERAUTH_FAILURE "publickey,password" 52, a rounded-up password 84.
const START = [44, 44, 68, 52];
const PASSWORD = 84;
const REFUSED = 52;

const attempts = (flights: readonly number[], habits = OPENSSH, succeeded = false): number | undefined =>
  judgeRounds(flights, CHACHA, habits, succeeded).attempts;

describe('judgeRounds', () => {
  it('does not count the "none" that asks for the methods', () => {
    expect(judgeRounds(START, CHACHA, OPENSSH, false)).toEqual({ attempts: 0, refused: false, over: false });
  });

  it('counts every further reply of the same length', () => {
    expect(attempts([...START, PASSWORD, REFUSED])).toBe(1);
    expect(attempts([...START, PASSWORD, REFUSED, 148, REFUSED, PASSWORD, REFUSED])).toBe(3);
    expect(judgeRounds([...START, PASSWORD, REFUSED], CHACHA, OPENSSH, false).refused).toBe(true);
  });

  it('counts what was refused before success', () => {
    expect(attempts([...START, PASSWORD, REFUSED, PASSWORD], OPENSSH, true)).toBe(1);
    expect(attempts([44], OPENSSH, true)).toBe(0);
    expect(judgeRounds([...START, PASSWORD, REFUSED, PASSWORD], CHACHA, OPENSSH, true).refused).toBe(false);
  });

  it('does not count PK_OK, nor the partial success of a good signature', () => {
    // Query of an Ed25519 key 148, PK_OK 100, signed 316.
    expect(attempts([...START, 148, 100, 316], OPENSSH, true)).toBe(0);
    expect(attempts([...START, 148, 100, 316, REFUSED, PASSWORD], OPENSSH, true)).toBe(0);
    expect(attempts([...START, 148, REFUSED, 148, 100, 316], OPENSSH, true)).toBe(1);
  });

  it('knows PK_OK with SSH_MSG_DEBUG before it by the signature that follows', () => {
    expect(attempts([...START, 148, 100 + 76, 316], OPENSSH, true)).toBe(0);
  });

  it('tells PK_OK from a failure of the same length by what the client does next', () => {
    const long = [44, 44, 68, 100];
    expect(attempts([...long, 148, 100, 316], OPENSSH, true)).toBe(0);
    expect(attempts([...long, 148, 100, 148, 100])).toBe(2);
  });

  it('does not count prompts of keyboard-interactive', () => {
    // Request 92, prompt 60, answer 84, failure 76.
    const start = [44, 44, 68, 76];
    expect(attempts([...start, 92, 60, 84, 76, 92, 60, 84, 44, 84], OPENSSH, true)).toBe(1);
    expect(attempts([...start, 92, 60])).toBe(0);
    expect(attempts([...start, 92, 60, 84, 76])).toBe(1);
  });

  it('does not count a prompt that is as long as a failure', () => {
    const gcm = sizes('aes128-gcm@openssh.com');
    // "publickey,keyboard-interactive" and "Password: " both make 68 here.
    const flights = [52, 52, 68, 68, 100, 68, 84, 68, 100, 68, 84];
    expect(judgeRounds(flights, gcm, OPENSSH, true).attempts).toBe(1);
  });

  it('takes a refused request for keyboard-interactive as an attempt when a password follows', () => {
    expect(attempts([44, 44, 68, 76, 92, 76, 148, 76])).toBe(2);
  });

  it('finds the failure behind EXT_INFO or a banner of the same flight', () => {
    expect(attempts([112, 44, 68, 264, 148, REFUSED, 148, REFUSED])).toBe(2);
    expect(attempts([112, 44, 68, 264, 148, REFUSED, 148, 100, 316], OPENSSH, true)).toBe(1);
    expect(attempts([112, 44, 68, 288, 92, 60, 84, 76, 92, 60, 84, 44, 84], OPENSSH, true)).toBe(1);
  });

  it('counts a refused signature only at a server that takes every key until then', () => {
    const flights = [...START, 148, 100, 316, REFUSED];
    expect(judgeRounds(flights, CHACHA, OPENSSH, false).attempts).toBe(0);
    expect(judgeRounds(flights, CHACHA, OPENSSH, false, 'tinyssh_20230101-1').attempts).toBe(1);
  });

  it('counts the last word of too many failures, and sees that it is the last', () => {
    const rounds = judgeRounds([...START, 148, REFUSED, 148, 76], CHACHA, OPENSSH, false);
    expect(rounds).toEqual({ attempts: 2, refused: true, over: true });
  });

  it('does not count what it does not understand', () => {
    expect(attempts([...START, PASSWORD, REFUSED, 140, 132, 148, REFUSED])).toBeUndefined();
  });

  it('handles a client that asks together with SERVICE_REQUEST', () => {
    const dropbear = clientHabits('dropbear_2022.83');
    expect(attempts([112, 96, 76, REFUSED, 76, REFUSED], dropbear)).toBe(2);
    expect(attempts([112, 96], dropbear)).toBe(0);
    expect(attempts([112, 120, 92, 60, 52, 44, 36], dropbear, true)).toBe(0);
    expect(attempts([112, 44], dropbear)).toBeUndefined();
  });

  it('takes the first request of paramiko as an attempt', () => {
    expect(attempts([44, 44, 76, REFUSED], clientHabits('paramiko_3.4.0'))).toBe(1);
  });

  it('tells "none" of a library by its length, and counts nothing where that is doubtful', () => {
    expect(attempts([44, 44, 68, 52, 84, 52], LIBRARY)).toBe(1);
    expect(attempts([44, 44, 84, 52], LIBRARY)).toBe(1);
    const ctr = sizes('aes128-ctr', 'hmac-sha2-256');
    const doubtful = judgeRounds([64, 64, 96, 80, 96, 80], ctr, LIBRARY, false);
    expect(doubtful).toEqual({ attempts: undefined, refused: true, over: false });
    expect(judgeRounds([64, 64, 96, 80], ctr, LIBRARY, false).refused).toBe(false);
  });

  it('does not take the farewell of a library for an answer', () => {
    const ctr = sizes('aes256-ctr', 'hmac-sha2-256');
    const rounds = judgeRounds([64, 64, 80, 96, 96, 96, 64], ctr, LIBRARY, false);
    expect(rounds).toEqual({ attempts: 1, refused: true, over: true });
  });

  it('says nothing before a reply', () => {
    expect(judgeRounds([], CHACHA, OPENSSH, false)).toEqual({
      attempts: undefined,
      refused: false,
      over: false,
    });
    expect(attempts([44, 44, 68])).toBeUndefined();
  });

  it('bears any sizes', () => {
    for (const size of [0, 1, 3, 28, 1e9]) {
      const flights = Array.from({ length: 21 }, (_, index) => (index % 3) * size);
      for (const habits of [OPENSSH, LIBRARY, clientHabits('dropbear'), clientHabits('PuTTY')]) {
        judgeRounds(flights, CHACHA, habits, false);
        isSuccessWithMore(flights, size, CHACHA, habits);
        isSessionStart(flights, { bytes: size, packets: 1 }, CHACHA, habits, '');
      }
    }
  });
});

describe('isSuccessWithMore', () => {
  const more = (flights: readonly number[], bytes: number, habits = OPENSSH): boolean =>
    isSuccessWithMore(flights, bytes, CHACHA, habits);

  it('is a long answer to a signature or a password', () => {
    expect(more([...START, 148, 100, 316], 28 + 768)).toBe(true);
    expect(more([...START, PASSWORD], 28 + 628)).toBe(true);
    expect(more([...START, PASSWORD], 28)).toBe(false);
  });

  it('is no banner, no answer to a key that is only asked for, and no prompt', () => {
    expect(more([44, 44, 68], 52 + 600)).toBe(false);
    expect(more([...START, 140], 28 + 600)).toBe(false);
    expect(more([44, 44, 68, 76, 92], 400)).toBe(false);
    expect(more([44, 44, 68, 76, 92, 60, 84], 400)).toBe(false);
  });
});

describe('isSessionStart', () => {
  const starts = (
    flights: readonly number[],
    bytes: number,
    habits = OPENSSH,
    packets = 1,
    server = 'OpenSSH_9.2p1',
  ): boolean => isSessionStart(flights, { bytes, packets }, CHACHA, habits, server);

  it('is the opening of a channel at a server that takes only keys, whatever the client: it asks for nothing', () => {
    // dbclient at tinysshd, which pads at random: SUCCESS had 44 bytes there, as a refusal may have.
    const flights = [120, 112, 140, 108, 228, 44];
    expect(starts(flights, 52, clientHabits('dropbear_2022.83'), 1, 'tinyssh_noversion')).toBe(true);
    expect(starts(flights, 52, clientHabits('dropbear_2022.83'))).toBe(false);
  });

  it('is the opening of a channel, which is shorter than any request', () => {
    expect(starts([...START, PASSWORD, 44], 52)).toBe(true);
    expect(starts([...START, PASSWORD, 44], 52 + 60)).toBe(true);
    expect(starts([...START, PASSWORD, REFUSED], PASSWORD)).toBe(false);
    expect(starts([44, 44], 52)).toBe(false);
  });

  it('is any other flight than an answer after a long reply to one', () => {
    const prompted = [44, 44, 68, 76, 92, 60, 84, 28 + 628];
    expect(starts(prompted, 112)).toBe(true);
    expect(starts(prompted, 84)).toBe(false);
    expect(starts([...START, 140, 600], 316)).toBe(false);
  });

  it('needs more of a client that does not pad its answers', () => {
    expect(starts([44, 44, 76, 28 + 628], 52, LIBRARY)).toBe(true);
    expect(starts([44, 44, 76, 60], 52, LIBRARY)).toBe(false);
  });
});

describe('the end of a session', () => {
  it('is SSH_MSG_DISCONNECT behind some CLOSE and EOF', () => {
    const { client } = CHACHA;
    expect([0, 36, 72, 144, 60].every((bytes) => isBeforeDisconnect(bytes, client))).toBe(true);
    // OpenSSH 9.2 after 3 MB of output: WINDOW_ADJUST four times, as long as CLOSE here, then CLOSE.
    expect(isBeforeDisconnect(72 + 72 + 36, client)).toBe(true);
    expect([28, 52, 13 * 36, 3600].some((bytes) => isBeforeDisconnect(bytes, client))).toBe(false);
  });

  it('is told from the opening of a channel', () => {
    const { client } = CHACHA;
    expect(opensChannel(112, client, 'OpenSSH_9.2')).toBe(true);
    expect(opensChannel(52, client, 'dropbear_2022.83')).toBe(true);
    expect(opensChannel(52, client, 'OpenSSH_9.2')).toBe(false);
    expect(isOnlyForwarding(120, client, OPENSSH)).toBe(true);
    expect(isOnlyForwarding(112, client, OPENSSH)).toBe(false);
    expect(isOnlyForwarding(120, client, LIBRARY)).toBe(false);
  });

  it('may come before success, where the message is shorter than any request', () => {
    expect(isFarewell([44, 44, 76, 52], 52, CHACHA, LIBRARY)).toBe(true);
    expect(isFarewell([44, 44, 76, 52], 44, CHACHA, LIBRARY)).toBe(false);
    expect(isFarewell([44, 44], 52, CHACHA, LIBRARY)).toBe(false);
  });
});

describe('habits', () => {
  it('are known by the beginning of the softwareversion', () => {
    expect(clientHabits('OpenSSH_for_Windows_8.1')).toBe(clientHabits('OpenSSH_9.9'));
    expect(clientHabits('libssh2_1.11.0')).not.toBe(clientHabits('libssh_0.9.6'));
    expect(clientHabits('')).toMatchObject({ noneFirst: undefined });
  });

  it('of servers: only OpenSSH makes packets below the minimum of RFC 4253', () => {
    expect(serverKeepsMinimum('OpenSSH_9.2p1')).toBe(false);
    expect(serverKeepsMinimum('dropbear_2022.83')).toBe(true);
  });
});
