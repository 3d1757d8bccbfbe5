/** Spelling: the distance between two words, and the known word that a mistyped one is closest to. */

/** How many letters have to be added, left out or replaced to make one text of another: Levenshtein's distance. */
export function editDistance(a: string, b: string): number {
  // One row of the table at a time.
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The name that a mistyped word is closest to; undefined when none is close enough to suggest. */
export function closestName(word: string, names: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  if (best === undefined) return undefined;
  // A word of which no letter is left is not misspelled, but another word.
  const isClose = best.distance <= Math.max(2, best.name.length / 3) && best.distance < wanted.length;
  return isClose ? best.name : undefined;
}
