import { grouped } from '../../report/layout.ts';

export interface PagerProps {
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  go(page: number): void;
}

export function Pager({ page, pages, go }: PagerProps) {
  if (pages < 2) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <button type="button" disabled={page <= 1} onClick={() => go(1)}>
        First
      </button>
      <button type="button" disabled={page <= 1} onClick={() => go(page - 1)}>
        Back
      </button>
      <span aria-current="page">
        Page {grouped(page)} of {grouped(pages)}
      </span>
      <button type="button" disabled={page >= pages} onClick={() => go(page + 1)}>
        Next
      </button>
      <button type="button" disabled={page >= pages} onClick={() => go(pages)}>
        Last
      </button>
    </nav>
  );
}
