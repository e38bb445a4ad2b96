import type { Context } from 'hono';
import { SESSION_SORTS, type SessionFilter, type SessionSort } from '../store/stored-capture.ts';
import { type Environment, Refusal } from './service.ts';

const MAX_WORDS = 50;
const MAX_LENGTH = 300;

/**
 * A number of the address.
 *
 * @throws Refusal for what is none.
 */
export function wholeNumber(
  context: Context<Environment>,
  name: string,
  absent: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = context.req.query(name);
  if (text === undefined || text === '') return absent;
  if (!/^\d{1,15}$/.test(text)) {
    throw new Refusal(400, 'bad-number', `'${name}' is to be a whole number. Give it as in ${name}=10.`);
  }
  return Math.min(Number(text), most);
}

export const pageOf = (
  context: Context<Environment>,
): { readonly offset: number; readonly limit: number } => ({
  offset: wholeNumber(context, 'offset', 0),
  limit: wholeNumber(context, 'limit', 50),
});

export function sessionFilterOf(context: Context<Environment>): SessionFilter {
  const server = textOf(context, 'server');
  const client = textOf(context, 'client');
  return {
    fates: wordsOf(context, 'fate'),
    causes: wordsOf(context, 'cause'),
    ...(server !== undefined && { server }),
    ...(client !== undefined && { client }),
  };
}

export function sortOf(context: Context<Environment>): {
  readonly sort: SessionSort;
  readonly descending: boolean;
} {
  const sort = context.req.query('sort') || 'number';
  if (!(SESSION_SORTS as readonly string[]).includes(sort)) {
    throw new Refusal(
      400,
      'bad-sort',
      `Sessions cannot be sorted so. Take one of ${SESSION_SORTS.join(', ')}.`,
    );
  }
  return { sort: sort as SessionSort, descending: context.req.query('order') === 'desc' };
}

const wordsOf = (context: Context<Environment>, name: string): string[] =>
  (textOf(context, name) ?? '')
    .split(',')
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS);

function textOf(context: Context<Environment>, name: string): string | undefined {
  const text = context.req.query(name);
  if (text === undefined || text === '') return undefined;
  if (text.length > MAX_LENGTH) {
    throw new Refusal(400, 'too-long', `'${name}' is too long. Give at most ${MAX_LENGTH} characters.`);
  }
  return text;
}
