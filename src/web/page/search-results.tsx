import { counted } from '../../report/layout.ts';
import type { SearchList } from './answers.ts';
import { Empty, Trouble, useGet, Wait } from './loading.tsx';
import { setQuery } from './location.ts';
import { Pager } from './pager.tsx';
import { queryText, wholeNumber } from './routes.ts';
import { fateTone, minute, second, shown } from './words.ts';

const PAGE_SIZE = 20;

/** Sessions of all captures that match, by capture. */
export function SearchResults({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const { server, client, fate, cause } = query;
  const page = wholeNumber(query.page, 1);
  const found = useGet<SearchList>(
    `/search${queryText({ server, client, fate, cause, offset: String((page - 1) * PAGE_SIZE), limit: String(PAGE_SIZE) })}`,
  );
  if (found.error) return <Trouble error={found.error} again={found.again} />;
  if (found.value === undefined) return <Wait what="Searching" />;
  const { total, captures } = found.value;
  if (total === 0)
    return <Empty title="No session of any capture matches.">Leave one of the fields empty.</Empty>;
  return (
    <>
      <p class="quiet" role="status">
        Found in {counted(total, 'capture')}
      </p>
      {captures.map(({ capture, total: matches, sessions }) => (
        <section key={capture.id} class="hit" aria-labelledby={`hit-${capture.id}`}>
          <h2 id={`hit-${capture.id}`}>
            <a href={`/captures/${capture.id}${queryText({ server, client, fate, cause })}`}>
              {shown(capture.name)}
            </a>
          </h2>
          <p class="quiet">
            {counted(matches, 'session')}, uploaded {minute(capture.uploadedAt)}
          </p>
          <ul class="rows">
            {sessions.map((row) => (
              <li key={row.session}>
                <a href={`/captures/${capture.id}/sessions/${row.session}`}>Session {row.session}</a>{' '}
                <span class={`fate ${fateTone(row.fate, row.cause)}`}>{row.fate}</span>
                {row.cause && ` ${shown(row.cause)}`}
                <span class="quiet">
                  {' '}
                  {shown(row.client)} to {shown(row.server)}, {second(row.start)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Pager
        page={page}
        pages={Math.ceil(total / PAGE_SIZE)}
        go={(next) => setQuery({ ...query, page: next > 1 ? String(next) : undefined })}
      />
    </>
  );
}
