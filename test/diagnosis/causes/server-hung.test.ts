import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { findingOf, namesOf } from '../findings.ts';

const waiting = () => new Scene().connect().says('client', CLIENT_LINE).says('server', '');

describe('server-hung', () => {
  it('is not claimed where the server spoke after all, and what is cut off', () => {
    const given = () => waiting().wait(3000).fin('client');
    const silent = given().end();
    expect(silent.cause?.id).toBe('server-hung');
    const late = {
      from: 'server',
      flags: 'P.',
      sequence: 5001,
      acknowledgement: 1002 + CLIENT_LINE.length,
    } as const;
    const cut = given()
      .segment({ ...late, length: 23 })
      .end();
    expect([cut.fate, cut.cause]).toEqual(['fin-before-banner', undefined]);
  });

  it('is likely when only the kernel answers and the packets stop', () => {
    const record = waiting().wait(20_000).end();
    expect(record.fate).toBe('stalled-before-banner');
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
    const received = "acknowledged the client's identification string";
    expect(record.cause?.summary).toContain(received);
    expect(new Scene().connect().wait(20_000).end().cause?.summary).not.toContain(received);
  });

  it('names the ConnectTimeout that fits when the client gives up', () => {
    const record = waiting().wait(3996).fin('client').end();
    expect(record.fate).toBe('fin-before-banner');
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
    expect(record.cause?.summary).toContain('(ConnectTimeout 4 fits)');
    expect(waiting().wait(3400).fin('client').end().cause?.summary).not.toContain('ConnectTimeout');
  });

  it('is not claimed of a client that left at once, or whose data nobody acknowledged', () => {
    expect(namesOf(waiting().fin('client').end())).not.toContain('server-hung');
    const lost = new Scene().connect().says('client', CLIENT_LINE);
    for (const pause of [200, 400, 800]) lost.wait(pause).repeats('client', CLIENT_LINE);
    expect(findingOf('server-hung', lost.wait(20_000).end())).toBeUndefined();
  });

  describe('of a server that says text and no identification string', () => {
    const said = (text: string) =>
      new Scene().connect().says('server', text).says('client', CLIENT_LINE).says('server', '');

    it('names the text, with or without a line end, and that something else may answer there', () => {
      for (const text of ['HELLO\n', 'HELLO']) {
        const record = said(text).wait(20_000).end();
        expect(record.fate).toBe('stalled-before-banner');
        expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
        expect(record.cause?.summary).toContain('said "HELLO", which is no identification string');
        expect(record.cause?.summary).toContain('something that is no SSH server');
        expect(record.cause?.nextSteps[0]).toMatch(/^On the server: `ss -ltnp 'sport = :22'`/);
      }
    });

    it('says how long the client waited after it', () => {
      const record = said('HELLO\nwait\n').wait(4990).fin('client').end();
      expect(record.fate).toBe('fin-before-banner');
      expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
      expect(record.cause?.summary).toMatch(/"HELLO" and other lines.* then nothing for 4\.99 s/);
      expect(said('\n').wait(4990).fin('client').end().cause?.summary).toContain('an empty line');
    });

    it('shows the beginning of a long line', () => {
      const { summary } =
        said(`${'x'.repeat(200)}\n`)
          .wait(20_000)
          .end().cause ?? {};
      expect(summary).toContain(`"${'x'.repeat(60)}…"`);
    });

    it('calls lines without end a tarpit, and counts them', () => {
      const scene = said('x1\r\n');
      for (let i = 0; i < 4; i++) scene.wait(997).says('server', `x${i}\r\n`).says('client', '');
      const { cause } = scene.wait(400).fin('client').end();
      expect(cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
      expect(cause?.summary).toContain('a line of text now and then, 5 in 4.40 s');
    });

    it('is not claimed of a refusal, of a client that left at once, or of text that did not arrive', () => {
      expect(namesOf(said('Exceeded MaxStartups\r\n').wait(5000).fin('client').end())).not.toContain(
        'server-hung',
      );
      expect(namesOf(said('HELLO\n').fin('client').end())).not.toContain('server-hung');
      const lost = new Scene().connect().says('client', CLIENT_LINE).says('server', 'HELLO\n');
      for (const pause of [200, 400, 800]) lost.wait(pause).repeats('server', 'HELLO\n');
      expect(namesOf(lost.wait(20_000).end())).not.toContain('server-hung');
    });
  });
});
