/**
 * A comment before it is written in a system's markup. Texts are raw, with whatever came off the wire in them; each
 * markup escapes them where it writes them.
 */
export type Block =
  | { readonly kind: 'heading'; readonly level: 3 | 4; readonly text: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly text: readonly Inline[] }
  | {
      readonly kind: 'list';
      readonly ordered: boolean;
      readonly items: readonly (readonly Inline[])[];
    }
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    };

export type Inline =
  | { readonly kind: 'text' | 'code' | 'strong'; readonly text: string }
  /** The address is the system's own answer, never from the wire. */
  | { readonly kind: 'link'; readonly text: string; readonly address: string };

export const text = (value: string): Inline => ({ kind: 'text', text: value });
export const code = (value: string): Inline => ({ kind: 'code', text: value });
export const strong = (value: string): Inline => ({ kind: 'strong', text: value });

/** Sentences of causes and next steps have commands in backticks; one that is not closed is a character like others. */
export function sentence(value: string): Inline[] {
  const parts = value.split('`');
  if (parts.length % 2 === 0) return [text(value)];
  return parts
    .map((part, index) => (index % 2 === 0 ? text(part) : code(part)))
    .filter((part) => part.text !== '');
}
