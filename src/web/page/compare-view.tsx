import { useEffect, useState } from 'preact/hooks';
import type { Page } from '../../report/page/blocks.ts';
import type { CaptureList } from './answers.ts';
import { type ApiError, request } from './api.ts';
import { Blocks, SectionView } from './blocks-view.tsx';
import { CaptureTable } from './capture-table.tsx';
import { asApiError, Empty, Trouble, useGet, Wait } from './loading.tsx';
import { setQuery } from './location.ts';
import { shown } from './words.ts';

/** `captures` of the address are chosen, `go` says that they were compared: so the link shows the verdict again. */
export function CompareView({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const ids = (query.captures ?? '').split(',').filter((id) => id !== '');
  const isAsked = query.go === '1' && ids.length > 1;
  return isAsked ? <Verdict ids={ids} /> : <Choose ids={ids} search={query.search} />;
}

function Choose({ ids, search }: { readonly ids: readonly string[]; readonly search: string | undefined }) {
  const list = useGet<CaptureList>(
    `/captures?limit=50${search ? `&search=${encodeURIComponent(search)}` : ''}`,
  );
  const chosen = new Set(ids);
  const ask = (next: ReadonlySet<string>, go?: string) =>
    setQuery({ captures: [...next].join(','), search, go });
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    ask(next);
  };
  const judged = (list.value?.captures ?? []).filter(({ state }) => state === 'done');
  return (
    <>
      <h1>Compare captures</h1>
      <p class="lead">
        Two or more captures of the same sessions, taken at different places, tell where it broke: at the
        client, on the path, or at the server.
      </p>
      {list.error && <Trouble error={list.error} again={list.again} />}
      {list.value === undefined && !list.error && <Wait what="Loading the captures" />}
      {list.value && judged.length === 0 && (
        <Empty title="There is nothing to compare yet.">
          <a href="/">Upload captures</a> of both ends first.
        </Empty>
      )}
      {judged.length > 0 && (
        <>
          <p class="quiet with-button" aria-live="polite">
            <span>{chosen.size < 2 ? 'Choose two or more.' : `${chosen.size} chosen.`}</span>
            <button type="button" class="main" disabled={chosen.size < 2} onClick={() => ask(chosen, '1')}>
              Compare
            </button>
          </p>
          <CaptureTable captures={judged} caption="Captures to choose from" chosen={chosen} choose={choose} />
        </>
      )}
    </>
  );
}

function Verdict({ ids }: { readonly ids: readonly string[] }) {
  const [page, setPage] = useState<Page>();
  const [error, setError] = useState<ApiError>();
  const asked = ids.join(',');
  useEffect(() => {
    const stop = new AbortController();
    request<{ page: Page }>('POST', '/comparisons', { captures: asked.split(',') }, stop.signal).then(
      (answer) => setPage(answer.page),
      (problem: unknown) => !stop.signal.aborted && setError(asApiError(problem)),
    );
    return () => stop.abort();
  }, [asked]);
  const again = (
    <p class="actions">
      <a class="button" href={`/compare?captures=${asked}`}>
        Choose others
      </a>
    </p>
  );
  if (error) {
    return (
      <>
        <h1>These were not compared</h1>
        <Trouble error={error} />
        {again}
      </>
    );
  }
  if (page === undefined) return <Wait what="Comparing packet by packet" />;
  // What was compared is known to who chose it.
  const captures = page.sections.filter(({ id }) => id === 'captures');
  const told = page.sections.filter(({ id }) => id !== 'captures');
  return (
    <>
      <p class="title">{shown(page.title)}</p>
      <h1>{shown(page.verdict)}</h1>
      {again}
      <Blocks blocks={page.lead} />
      {[...told, ...captures].map((section) => (
        <SectionView key={section.id} section={section} level={2} />
      ))}
    </>
  );
}
