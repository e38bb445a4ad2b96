/** '2026-11-23 11:26:46 to 11:27:16 UTC' of two ISO times, the second date only when it is another one. */
export function timeSpan(first: string, last: string): string {
  const from = first.slice(0, 19).replace('T', ' ');
  const to = last.slice(0, 19).replace('T', ' ');
  if (from === to) return `${from} UTC`;
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}
