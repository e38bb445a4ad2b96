import { useEffect, useState } from 'preact/hooks';
import { type Query, queryText, type Route, routeOf } from './routes.ts';

export interface Place {
  readonly route: Route;
  readonly query: Readonly<Record<string, string>>;
}

const MOVED = 'sshfate-moved';

const placeNow = (): Place => ({
  route: routeOf(location.pathname),
  query: Object.fromEntries(new URLSearchParams(location.search)),
});

/** Where the page is; draws again when that changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const moved = () => setPlace(placeNow());
    addEventListener('popstate', moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener('popstate', moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  return place;
}

export function goTo(address: string): void {
  history.pushState(undefined, '', address);
  dispatchEvent(new Event(MOVED));
}

/** To where one signs in, and from there back to here. */
export const signInAddress = (): string =>
  `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

/** Changes the query only; a step back leads to where it was before. */
export function setQuery(query: Query): void {
  goTo(location.pathname + queryText(query));
}

/** Ordinary clicks on links of the page's own need no load; what opens a tab or downloads is the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download')) return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  if (url.hash !== '' && url.pathname + url.search === location.pathname + location.search) return;
  event.preventDefault();
  goTo(url.pathname + url.search);
  if (url.hash !== '') document.getElementById(url.hash.slice(1))?.scrollIntoView();
}
