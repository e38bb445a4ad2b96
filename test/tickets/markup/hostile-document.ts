import type { Block } from '../../../src/tickets/document.ts';
import { code, strong, text } from '../../../src/tickets/document.ts';

/** Every place of a document where a text from the wire can stand. */
export function hostileDocument(hostile: string): Block[] {
  return [
    { kind: 'heading', level: 3, text: [text(hostile)] },
    { kind: 'heading', level: 4, text: [text(`x ${hostile} y`)] },
    { kind: 'paragraph', text: [text(hostile), code(hostile), text(` (${hostile}) `)] },
    { kind: 'paragraph', text: [strong(hostile), text(` (${hostile})`)] },
    {
      kind: 'list',
      ordered: true,
      items: [[text(hostile)], [code(hostile)], [text('a '), code(hostile), text(hostile)]],
    },
    { kind: 'list', ordered: false, items: [[text(hostile)]] },
    { kind: 'table', header: ['One', 'Two'], rows: [[[text(hostile)], [code(hostile)]]] },
  ];
}
