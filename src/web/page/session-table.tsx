import type { Fate } from '../../fate/vocabulary.ts';
import { counted, duration, grouped } from '../../report/layout.ts';
import type { Facet, Facets, SessionList, SessionRow } from './answers.ts';
import { Empty, Trouble, useGet, Wait } from './loading.tsx';
import { setQuery } from './location.ts';
import { Pager } from './pager.tsx';
import {
  addressQuery,
  apiQuery,
  PAGE_SIZE,
  type SessionQuery,
  type Sort,
  sessionQuery,
  sortedBy,
  withFate,
} from './session-query.ts';
import { fateTone, second, shown } from './words.ts';

export interface SessionTableProps {
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly facets: Facets;
  /** Sessions without any filter. */
  readonly all: number;
}

export function SessionTable({ id, query, facets, all }: SessionTableProps) {
  const asked = sessionQuery(query);
  const list = useGet<SessionList>(all === 0 ? undefined : `/captures/${id}/sessions${apiQuery(asked)}`);
  if (all === 0) return null;
  const ask = (next: SessionQuery): void => setQuery(addressQuery(next));
  const total = list.value?.total ?? 0;
  const isFiltered = asked.fates.length > 0 || asked.cause + asked.server + asked.client !== '';
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">
        Sessions <span class="count">{grouped(all)}</span>
      </h2>
      <Filters asked={asked} facets={facets} ask={ask} />
      <p class="quiet" aria-live="polite">
        {list.value === undefined
          ? ''
          : isFiltered
            ? `${grouped(total)} of ${counted(all, 'session')} match`
            : ''}
        {isFiltered && (
          <>
            {' '}
            <button type="button" class="small" onClick={() => setQuery({})}>
              Clear filters
            </button>
          </>
        )}
      </p>
      {list.error && <Trouble error={list.error} again={list.again} />}
      {list.value === undefined && !list.error && <Wait what="Loading the sessions" />}
      {list.value && total === 0 && (
        <Empty title="No session matches.">Take a filter away to see more.</Empty>
      )}
      {list.value && total > 0 && (
        <>
          <Rows id={id} rows={list.value.sessions} asked={asked} ask={ask} isLoading={list.loading} />
          <Pager
            page={asked.page}
            pages={Math.max(1, Math.ceil(total / PAGE_SIZE))}
            go={(page) => ask({ ...asked, page })}
          />
        </>
      )}
    </section>
  );
}

interface FiltersProps {
  readonly asked: SessionQuery;
  readonly facets: Facets;
  ask(next: SessionQuery): void;
}

function Filters({ asked, facets, ask }: FiltersProps) {
  return (
    <div class="filters">
      <fieldset>
        <legend class="unseen">Fates</legend>
        <div class="chips">
          {facets.fates.map(({ value, sessions }) => (
            <button
              key={value}
              type="button"
              class={`chip ${fateTone(value as Fate)}`}
              aria-pressed={asked.fates.includes(value)}
              onClick={() => ask(withFate(asked, value))}
            >
              {shown(value)} <span class="count">{grouped(sessions)}</span>
            </button>
          ))}
        </div>
      </fieldset>
      <div class="selects">
        <Choice
          label="Cause"
          facets={facets.causes}
          value={asked.cause}
          choose={(cause) => ask({ ...asked, cause, page: 1 })}
        />
        <Choice
          label="Server"
          facets={facets.servers}
          value={asked.server}
          choose={(server) => ask({ ...asked, server, page: 1 })}
        />
        <Choice
          label="Client"
          facets={facets.clients}
          value={asked.client}
          choose={(client) => ask({ ...asked, client, page: 1 })}
        />
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly facets: readonly Facet[];
  readonly value: string;
  choose(value: string): void;
}

function Choice({ label, facets, value, choose }: ChoiceProps) {
  if (facets.length < 2 && value === '') return null;
  const known = facets.some((facet) => facet.value === value);
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">any</option>
        {value !== '' && !known && <option value={value}>{shown(value)}</option>}
        {facets.map((facet) => (
          <option key={facet.value} value={facet.value}>
            {shown(facet.value)} ({grouped(facet.sessions)})
          </option>
        ))}
      </select>
    </label>
  );
}

const COLUMNS: readonly { readonly sort: Sort; readonly heading: string; readonly isNumber?: boolean }[] = [
  { sort: 'number', heading: '#', isNumber: true },
  { sort: 'start', heading: 'Start' },
  { sort: 'duration', heading: 'Length', isNumber: true },
  { sort: 'client', heading: 'Client' },
  { sort: 'server', heading: 'Server' },
  { sort: 'fate', heading: 'Fate' },
  { sort: 'cause', heading: 'Cause' },
];

interface RowsProps {
  readonly id: string;
  readonly rows: readonly SessionRow[];
  readonly asked: SessionQuery;
  readonly isLoading: boolean;
  ask(next: SessionQuery): void;
}

function Rows({ id, rows, asked, ask, isLoading }: RowsProps) {
  return (
    <table class="stack sessions" aria-busy={isLoading}>
      <caption class="unseen">Sessions</caption>
      <thead>
        <tr>
          {COLUMNS.map(({ sort, heading, isNumber }) => (
            <th
              key={sort}
              scope="col"
              class={isNumber ? 'n' : undefined}
              aria-sort={asked.sort !== sort ? undefined : asked.isDescending ? 'descending' : 'ascending'}
            >
              <button type="button" class="sort" onClick={() => ask(sortedBy(asked, sort))}>
                {heading === '#' && <span class="unseen">Number</span>}
                <span aria-hidden={heading === '#' ? 'true' : undefined}>{heading}</span>
                <span aria-hidden="true" class="arrow-mark">
                  {asked.sort !== sort ? '' : asked.isDescending ? ' ↓' : ' ↑'}
                </span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.session}>
            <th scope="row" class="n">
              <a href={`/captures/${id}/sessions/${row.session}`} aria-label={`Session ${row.session}`}>
                {row.session}
              </a>
            </th>
            <td data-label="Start" class="when">
              {second(row.start)}
            </td>
            <td data-label="Length" class="n">
              {duration(row.durationMs)}
            </td>
            <td data-label="Client" title={row.clientSoftware && shown(row.clientSoftware)}>
              {shown(row.client)}
            </td>
            <td data-label="Server" title={row.serverSoftware && shown(row.serverSoftware)}>
              {shown(row.server)}
            </td>
            <td data-label="Fate">
              <span class={`fate ${fateTone(row.fate, row.cause)}`}>{row.fate}</span>
            </td>
            <td data-label="Cause" class={row.cause === undefined ? 'untold' : undefined}>
              {row.cause ? (
                <>
                  {shown(row.cause)} <span class="quiet">{row.confidence}</span>
                </>
              ) : (
                <span class="quiet">none told</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
