import { type Query, queryText, wholeNumber } from './routes.ts';

export const PAGE_SIZE = 50;

export const SORTS = [
  'number',
  'start',
  'duration',
  'severity',
  'fate',
  'cause',
  'client',
  'server',
] as const;
export type Sort = (typeof SORTS)[number];

/** Of the sessions of a capture, which are looked at and in what order; it is what the address says. */
export interface SessionQuery {
  readonly fates: readonly string[];
  readonly cause: string;
  readonly server: string;
  readonly client: string;
  readonly sort: Sort;
  readonly isDescending: boolean;
  /** From 1. */
  readonly page: number;
}

export function sessionQuery(query: Query): SessionQuery {
  return {
    fates: (query.fate ?? '').split(',').filter((fate) => fate !== ''),
    cause: query.cause ?? '',
    server: query.server ?? '',
    client: query.client ?? '',
    sort: SORTS.find((sort) => sort === query.sort) ?? 'number',
    isDescending: query.order === 'desc',
    page: wholeNumber(query.page, 1),
  };
}

/** As the address has it: what is usual is left out. */
export function addressQuery(asked: SessionQuery): Query {
  return {
    ...filterQuery(asked),
    sort: asked.sort === 'number' ? undefined : asked.sort,
    order: asked.isDescending ? 'desc' : undefined,
    page: asked.page > 1 ? String(asked.page) : undefined,
  };
}

/** As the API wants it. */
export function apiQuery(asked: SessionQuery): string {
  return queryText({
    ...filterQuery(asked),
    sort: asked.sort,
    order: asked.isDescending ? 'desc' : 'asc',
    offset: String((asked.page - 1) * PAGE_SIZE),
    limit: String(PAGE_SIZE),
  });
}

const filterQuery = ({ fates, cause, server, client }: SessionQuery): Query => ({
  fate: fates.join(','),
  cause,
  server,
  client,
});

/** The order after a press on a column's head: that column, and on a second press the other way round. */
export function sortedBy(asked: SessionQuery, sort: Sort): SessionQuery {
  const isDescending = asked.sort === sort ? !asked.isDescending : false;
  return { ...asked, sort, isDescending, page: 1 };
}

/** With this fate when it was not asked for, else without it. */
export function withFate(asked: SessionQuery, fate: string): SessionQuery {
  const fates = asked.fates.includes(fate)
    ? asked.fates.filter((each) => each !== fate)
    : [...asked.fates, fate];
  return { ...asked, fates, page: 1 };
}
