import { expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';

it('max-startups: the text of sshd is certain, whether FIN or RST follows by chance.', () => {
  const refused = () => new Scene().connect().says('server', 'Exceeded MaxStartups\r\n');
  for (const record of [refused().fin('server').end(), refused().rst('server').end()]) {
    expect(record.cause).toMatchObject({ id: 'max-startups', confidence: 'certain' });
    expect(record.cause?.evidence).toHaveLength(1);
  }
});
