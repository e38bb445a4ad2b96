import type { Severity } from '../document.ts';
import type { FateTimes } from '../figures/fate-times.ts';
import type { Sequence } from '../figures/sequence.ts';

/**
 * What a page says, whatever it is written in: Markdown, HTML, text, or a ticket system's own markup. A writer
 * escapes every text, once; here all of them are raw.
 */
export interface Page {
  readonly title: string;
  /** What it comes to, one phrase. */
  readonly verdict: string;
  /** What comes before all sections. */
  readonly lead: readonly Block[];
  readonly sections: readonly Section[];
  /** Who made it, and from what. */
  readonly footer?: Inlines | undefined;
}

export interface Section {
  /** For links within the page: letters, digits and hyphens. Absent where nothing leads to it. */
  readonly id?: string | undefined;
  readonly heading: Inlines;
  readonly blocks: readonly Block[];
  readonly sections?: readonly Section[] | undefined;
}

export type Inlines = readonly Inline[];

/** Text, or text that is more than that. */
export type Inline =
  | string
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong'; readonly text: string }
  | { readonly kind: 'severity'; readonly severity: Severity }
  /** Leads to the section with this id, where the format has such links. */
  | { readonly kind: 'link'; readonly section: string; readonly text: string }
  /** Names of a list in their order; `both` when the other side has it, too, `chosen` when it was agreed on. */
  | { readonly kind: 'names'; readonly names: readonly Name[] };

export interface Name {
  readonly text: string;
  readonly mark: 'chosen' | 'both' | 'one';
}

export type Block =
  | {
      readonly kind: 'paragraph';
      readonly text: Inlines;
      readonly tone?: 'lead' | 'quiet' | 'trouble' | undefined;
    }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Inlines[] }
  | TableBlock
  /** A line to copy, e.g. a command or a filter. */
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'sequence'; readonly sequence: Sequence }
  | { readonly kind: 'times'; readonly times: FateTimes };

export interface TableBlock {
  readonly kind: 'table';
  /** What it is a table of, for those who do not see it. */
  readonly caption: string;
  readonly columns: readonly { readonly heading: string; readonly align: 'left' | 'right' }[];
  /** As many cells as columns; the first names the row. */
  readonly rows: readonly (readonly Inlines[])[];
  /** Below it: what it leaves out. */
  readonly more?: string | undefined;
}

/** Prose in which backquotes stand around what is to be typed, as causes write it. */
export function prose(text: string): Inlines {
  const parts = text.split('`');
  // An odd backquote, which can only have come off the wire, is a backquote.
  if (parts.length % 2 === 0) return [text];
  return parts.flatMap((part, i): Inline[] => {
    if (part === '') return [];
    return [i % 2 === 1 ? { kind: 'code', text: part } : part];
  });
}

export const code = (text: string): Inline => ({ kind: 'code', text });
export const strong = (text: string): Inline => ({ kind: 'strong', text });
