/** Words from `known` that the user may have meant, nearest first, at most three. */
export function nearMisses(word: string, known: Iterable<string>): string[] {
  const asked = word.toLowerCase();
  const near: { readonly text: string; readonly distance: number }[] = [];
  for (const text of known) {
    const distance = editDistance(asked, text);
    const allowed = Math.max(1, Math.floor(text.length / 3));
    if (distance <= allowed) near.push({ text, distance });
    else if (asked.length >= 3 && text.includes(asked)) near.push({ text, distance: allowed + 1 });
  }
  near.sort((a, b) => a.distance - b.distance);
  const limit = (near[0]?.distance ?? 0) + 1;
  return near
    .filter(({ distance }) => distance <= limit)
    .slice(0, 3)
    .map(({ text }) => text);
}

/** ' Did you mean …?', or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearMisses(word, known);
  return near.length === 0 ? '' : ` Did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`;
}

/** Beyond this nothing is near anything. */
const MAX_LENGTH = 64;

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  if (a.length > MAX_LENGTH) return MAX_LENGTH;
  let twoAgo: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (twoAgo[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    twoAgo = before;
    before = row;
  }
  return before[b.length] ?? 0;
}
