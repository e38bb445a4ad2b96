/** What an address of the page stands for, and back: everything that is worth sharing is in it. */
export type Route =
  | { readonly page: 'upload' }
  | { readonly page: 'library' }
  | { readonly page: 'compare' }
  | { readonly page: 'access' }
  | { readonly page: 'login' }
  | { readonly page: 'capture'; readonly id: string }
  | { readonly page: 'session'; readonly id: string; readonly session: number }
  | { readonly page: 'nowhere' };

export function routeOf(pathname: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  const [first, id, second, number] = parts;
  if (parts.length === 0) return { page: 'upload' };
  if (parts.length === 1) {
    const page = ONE_WORD.find((word) => word === first);
    if (page !== undefined) return { page };
  }
  if (first === 'captures' && id !== undefined && ID.test(id)) {
    if (parts.length === 2) return { page: 'capture', id };
    if (parts.length === 4 && second === 'sessions' && NUMBER.test(number ?? ''))
      return { page: 'session', id, session: Number(number) };
  }
  return { page: 'nowhere' };
}

const ONE_WORD = ['library', 'compare', 'access', 'login'] as const;
const ID = /^[\w-]{1,100}$/;
const NUMBER = /^[1-9]\d{0,8}$/;

export type Query = Readonly<Record<string, string | undefined>>;

/** `?a=b` without what is absent or empty; the empty string when nothing is left. */
export function queryText(query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parts.set(name, value);
  const text = parts.toString();
  return text === '' ? '' : `?${text}`;
}

/** A whole number of an address within bounds; what is none is the least. */
export function wholeNumber(text: string | undefined, least: number, most = 1e9): number {
  const number = Number(text);
  return Number.isInteger(number) ? Math.min(most, Math.max(least, number)) : least;
}

/**
 * Where to go on after signing in: to this site only, a link must not lead from here to another one. With its origin, for
 * a path may be read as the name of a host (`//name`).
 */
export function ownAddress(next: string | undefined, origin: string): string {
  if (next?.startsWith('/') && URL.canParse(next, origin)) {
    const url = new URL(next, origin);
    if (url.origin === origin && url.pathname !== '/login') return url.href;
  }
  return `${origin}/`;
}
