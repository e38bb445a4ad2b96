import type { Block } from '../document.ts';

/** A body as it is sent: a text, or a document that is data. */
export type Body = string | Readonly<Record<string, unknown>>;

/** How a system wants its comments written. */
export interface Markup {
  /** The blocks, with the marker at their end, where the next run looks for it. */
  write(blocks: readonly Block[], marker: string): Body;
  /** In the unit of the system's limit. */
  length(body: Body): number;
}

export const characters = (body: Body): number => textOf(body).length;

export function textOf(body: Body): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
