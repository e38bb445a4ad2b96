import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const crowded = (sessions: number, identified = 1) => ({
  server: { sessions, answered: sessions, identified, unauthenticated: { sessions, packets: [1, 5] } },
  client: { sessions, answered: sessions, identified },
});

describe('max-startups', () => {
  it('is certain by the text of sshd, whether FIN or RST follows by chance', () => {
    const refused = () => new Scene().connect().says('server', 'Exceeded MaxStartups\r\n');
    for (const record of [refused().fin('server').end(), refused().rst('server').end()]) {
      expect(record.cause).toMatchObject({ id: 'max-startups', confidence: 'certain' });
      expect(record.cause?.evidence).toHaveLength(1);
    }
  });

  it('names the sessions that are in the way', () => {
    const record = new Scene().connect().says('server', 'Exceeded MaxStartups\r\n').fin('server').end();
    const finding = findingOf('max-startups', among(record, crowded(2)));
    expect(finding?.summary).toContain('2 other connections of this capture had not logged in yet');
    expect(finding?.evidence[1]?.what).toContain('packet 1, 5');
    expect(finding?.nextSteps[0]).toContain('`MaxStartups 100:30:200`');
  });

  it('is likely by the text of later versions while others are open, and possible without', () => {
    const record = new Scene().connect().says('server', 'Not allowed at this time\r\n').fin('server').end();
    expect(findingOf('max-startups', among(record, crowded(1)))?.confidence).toBe('likely');
    expect(findingOf('max-startups', record)?.confidence).toBe('possible');
  });

  it('gives the steps of dropbear where other sessions say that the server is one', () => {
    const record = new Scene().connect().fin('server').end();
    const others = crowded(5);
    const server = { ...others.server, software: 'dropbear_2022.83' };
    const finding = findingOf('max-startups', among(record, { ...others, server }));
    expect(finding?.summary).toContain('(in dropbear 5 for one address and 30 in all, unless');
    expect(finding?.nextSteps[1]).toContain('`#define MAX_UNAUTH_PER_IP 20`');
    expect(finding?.nextSteps.join('\n')).not.toMatch(/sshd|MaxStartups/);
  });

  it('leaves the settings of other servers to their manuals', () => {
    const others = crowded(5);
    const server = { ...others.server, software: 'Cisco-1.25' };
    const finding = findingOf(
      'max-startups',
      among(new Scene().connect().fin('server').end(), { ...others, server }),
    );
    expect(finding?.summary).toContain('(a setting of Cisco-1.25)');
    expect(finding?.nextSteps.join('\n')).not.toMatch(/MaxStartups|LoginGraceTime|systemctl/);
  });

  it('says plainly when nobody in the capture is in the way', () => {
    const record = new Scene().connect().says('server', 'Not allowed at this time\r\n').fin('server').end();
    expect(findingOf('max-startups', record)?.summary).toMatch(
      /"Not allowed at this time"\. Nobody else in this capture was about to log in, so/,
    );
  });

  it('is likely for a silent close while several wait, if the client is served otherwise', () => {
    const record = new Scene().connect().fin('server').end();
    expect(findingOf('max-startups', among(record, crowded(12)))?.confidence).toBe('likely');
    expect(findingOf('max-startups', among(record, crowded(2)))?.confidence).toBe('likely');
    expect(findingOf('max-startups', among(record, crowded(2, 0)))).toBeUndefined();
    expect(findingOf('max-startups', record)).toBeUndefined();
    const late = new Scene().connect().wait(5000).fin('server').end();
    expect(findingOf('max-startups', among(late, crowded(12)))).toBeUndefined();
  });
});
