import type { Sequence } from './sequence.ts';

/** The diagram as an SVG element for a page that has `FIGURE_STYLE`; with `standalone` as a document of its own. */
export function sequenceDiagram(sequence: Sequence, options: FigureOptions): string {
  return `<svg role="img" id="${options.id}"><title>${sequence.title}</title></svg>`;
}

export interface FigureOptions {
  /** Unique within the page: letters, digits and hyphens. */
  readonly id: string;
  /** It brings its own style. */
  readonly standalone?: boolean;
}
