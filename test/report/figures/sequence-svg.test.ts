import { expect, test } from 'vitest';
import { sequenceDiagram } from '../../../src/report/figures/sequence-svg.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';
import { TWO_CAPTURES } from './two-captures.ts';

const svg = sequenceDiagram(TWO_CAPTURES, { id: 'box-1' });

/** Begin and end of each arrow, in the order of the messages. */
function arrows(markup: string): [number, number][] {
  return [...markup.matchAll(/<line class="arrow" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"/g)].map(
    ([, from, to]) => [Number(from), Number(to)],
  );
}

test('Whole arrows reach from life line to life line; a lost one ends between them, an inserted one begins there.', () => {
  const lives = [...svg.matchAll(/<line class="life" x1="(\d+)"/g)].map(([, x]) => Number(x));
  const [left = 0, right = 0] = lives;
  const middle = (left + right) / 2;
  expect(lives).toHaveLength(2);
  expect(arrows(svg)).toEqual([
    [left + 3, right - 3],
    [right - 3, left + 3],
    [left + 3, middle],
    [middle, left + 3],
  ]);
});

test('Packet numbers and times stand at the side of their capture, and emphasis is more than a colour.', () => {
  expect(svg).toMatch(/<text class="m b e" x="46"[^>]*>1</);
  expect(svg).toMatch(/<text class="m b e" x="6\d\d"[^>]*>11</);
  expect(svg.match(/<g class="decisive">/g)).toHaveLength(2);
  expect(svg.match(/<g class="trouble">/g)).toHaveLength(1);
});

test('It is an image with a title, and says all that it shows in its description.', () => {
  expect(svg).toMatch(
    /^<svg class="fig" id="box-1" role="img" aria-labelledby="box-1-t" aria-describedby="box-1-d"/,
  );
  expect(svg).toContain('<title id="box-1-t">one session in two captures</title>');
  const description = /<desc[^>]*>(.*?)<\/desc>/.exec(svg)?.[1];
  expect(description).toContain('Packet 1, +1.0 s: client.pcap to server.pcap: SYN.');
  expect(description).toContain(
    'Packet 3, +3.0 s: client.pcap to server.pcap, lost on the way: data (never arrived).',
  );
  expect(description).toContain(
    'Packet 5, +5.0 s: server.pcap to client.pcap, sent by something between: RST.',
  );
  expect(description).toContain('Packet 4, +4.0 s: the last refusal.');
});

test('Alone it is a document with a style of its own; on a page it has none.', () => {
  const alone = sequenceDiagram(TWO_CAPTURES, { id: 'a', standalone: true });
  expect(alone).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
  expect(alone).toContain('prefers-color-scheme:dark');
  expect(svg).not.toMatch(/<style|style=|xmlns/);
});

test.each(HOSTILE_TEXTS)('No element or attribute comes of %j.', (text) => {
  const markup = sequenceDiagram(
    {
      title: text,
      columns: [{ name: text, detail: text }, { name: text }],
      rows: [
        {
          kind: 'message',
          from: 0,
          to: 1,
          course: 'whole',
          label: text,
          detail: text,
          left: { packet: 1, time: text },
        },
        { kind: 'note', label: text },
        { kind: 'phase', label: text },
        { kind: 'pause', label: text },
      ],
    },
    { id: 'a' },
  );
  const tags = new Set([...markup.matchAll(/<\/?([^\s>/]+)/g)].map(([, tag]) => tag));
  expect([...tags].sort()).toEqual(['desc', 'g', 'line', 'path', 'rect', 'svg', 'text', 'title']);
  expect(markup).not.toMatch(/\p{C}/u);
});

test('A long detail takes three lines at most.', () => {
  const rows = [
    { kind: 'message', from: 0, to: 1, course: 'whole', label: 'x', detail: 'word '.repeat(400) },
  ] as const;
  expect(sequenceDiagram({ ...TWO_CAPTURES, rows }, { id: 'a' }).match(/>word/g)).toHaveLength(3);
});
