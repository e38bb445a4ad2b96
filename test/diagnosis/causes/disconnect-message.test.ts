import { expect, it } from 'vitest';
import { identified } from '../../session/scene.ts';
import { kexInit, packet, string, u32 } from '../../ssh/wire.ts';
import { namesOf } from '../findings.ts';

it('disconnect-message: stands behind the fault that it names.', () => {
  const message = packet(1, u32(3), string('No matching key exchange algorithm found'), string(''));
  const scene = identified()
    .says('client', kexInit({ kex: 'other' }))
    .says('server', kexInit());
  const record = scene.says('client', message).fin('client').end();
  expect(namesOf(record)).toEqual(['no-common-kex', 'disconnect-message']);
});

it('disconnect-message: the reason and the text of SSH_MSG_DISCONNECT are quoted.', () => {
  const message = packet(1, u32(2), string('strict KEX violation'), string(''));
  const record = identified().says('client', kexInit()).says('server', message).fin('server').end();
  expect(record.cause).toMatchObject({ id: 'disconnect-message', confidence: 'certain' });
  expect(record.cause?.summary).toBe(
    'The server disconnected with SSH_DISCONNECT_PROTOCOL_ERROR: "strict KEX violation".',
  );
});
