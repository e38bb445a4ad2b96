import { useState } from 'preact/hooks';
import { FATES } from '../../fate/vocabulary.ts';
import { counted } from '../../report/layout.ts';
import type { CaptureList, Me } from './answers.ts';
import { CaptureTable } from './capture-table.tsx';
import { Empty, Trouble, useGet, Wait } from './loading.tsx';
import { goTo, setQuery } from './location.ts';
import { Pager } from './pager.tsx';
import { queryText, wholeNumber } from './routes.ts';
import { SearchResults } from './search-results.tsx';

const PAGE_SIZE = 25;
/** What is asked of the sessions of all captures; `search` asks of the captures' names and notes. */
const ACROSS = ['server', 'client', 'fate', 'cause'] as const;

export interface LibraryProps {
  readonly query: Readonly<Record<string, string>>;
  readonly me: Me;
}

export function LibraryView({ query, me }: LibraryProps) {
  const isAcross = ACROSS.some((name) => query[name]);
  return (
    <>
      <h1>Library</h1>
      <SearchForm key={JSON.stringify(query)} query={query} isAcross={isAcross} />
      {isAcross ? <SearchResults query={query} /> : <Captures query={query} me={me} />}
    </>
  );
}

function Captures({ query, me }: LibraryProps) {
  const page = wholeNumber(query.page, 1);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const offset = String((page - 1) * PAGE_SIZE);
  const list = useGet<CaptureList>(
    `/captures${queryText({ search: query.search, offset, limit: String(PAGE_SIZE) })}`,
  );
  if (list.error) return <Trouble error={list.error} again={list.again} />;
  if (list.value === undefined) return <Wait what="Loading the captures" />;
  const { total, captures } = list.value;
  if (total === 0) {
    return query.search ? (
      <Empty title="No capture has this in its name or notes.">
        Search for less, or <a href="/library">see all</a>.
      </Empty>
    ) : (
      <Empty title="No capture yet.">
        {me.role === 'read' ? 'Nobody has uploaded one.' : <a href="/">Upload the first one</a>}
      </Empty>
    );
  }
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <>
      <p class="quiet with-button" aria-live="polite">
        <span>
          {counted(total, 'capture')}
          {chosen.size > 0 && `, ${chosen.size} chosen`}
        </span>
        <button
          type="button"
          disabled={chosen.size < 2}
          onClick={() => goTo(`/compare?captures=${[...chosen].join(',')}`)}
        >
          Compare chosen
        </button>
      </p>
      <CaptureTable captures={captures} caption="Captures" chosen={chosen} choose={choose} />
      <Pager
        page={page}
        pages={Math.ceil(total / PAGE_SIZE)}
        go={(next) => setQuery({ search: query.search, page: next > 1 ? String(next) : undefined })}
      />
    </>
  );
}

interface SearchFormProps {
  readonly query: Readonly<Record<string, string>>;
  readonly isAcross: boolean;
}

function SearchForm({ query, isAcross }: SearchFormProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    setQuery(Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()])));
  };
  const field = (name: string, label: string, example: string) => (
    <label>
      {label}
      <input name={name} defaultValue={query[name] ?? ''} placeholder={example} />
    </label>
  );
  return (
    <div class="searches">
      <search aria-label="Captures">
        <form onSubmit={submit} class="inline">
          <label>
            Name or notes
            <input name="search" type="search" defaultValue={query.search ?? ''} />
          </label>
          <button type="submit">Find captures</button>
        </form>
      </search>
      <details open={isAcross}>
        <summary>Where else did this happen? Search the sessions of all captures</summary>
        <search aria-label="Sessions of all captures">
          <form onSubmit={submit} class="grid">
            {field('server', 'Server', '198.51.100.20:22')}
            {field('client', 'Client', '192.0.2.10')}
            <label>
              Fate
              <select name="fate" defaultValue={query.fate ?? ''}>
                <option value="">any</option>
                {FATES.map((fate) => (
                  <option key={fate} value={fate}>
                    {fate}
                  </option>
                ))}
              </select>
            </label>
            {field('cause', 'Cause', 'no-common-kex')}
            <p class="actions">
              <button type="submit" class="main">
                Search sessions
              </button>
              {isAcross && <a href="/library">All captures</a>}
            </p>
          </form>
        </search>
      </details>
    </div>
  );
}
