/** What several partitions answer, as one answer. */

/** In the order of names, as each server gives them. */
export function sums(counts: ReadonlyArray<{ readonly [name: string]: number }>): {
  readonly [name: string]: number;
} {
  const [first = {}, ...others] = counts;
  if (others.length === 0) return first;
  const sum = new Map<string, number>();
  for (const [name, count] of counts.flatMap(Object.entries<number>))
    sum.set(name, (sum.get(name) ?? 0) + count);
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What several walks give, each of which is in order, as one in order. */
export async function* mergedInOrder<Item>(
  walks: ReadonlyArray<AsyncGenerator<Item, void, undefined>>,
  isBefore: (a: Item, b: Item) => boolean,
): AsyncGenerator<Item, void, undefined> {
  const heads = await Promise.all(walks.map((walk) => walk.next()));
  for (;;) {
    let first: { readonly index: number; readonly item: Item } | undefined;
    for (const [index, head] of heads.entries())
      if (head.done !== true && (first === undefined || isBefore(head.value, first.item)))
        first = { index, item: head.value };
    if (first === undefined) return;
    yield first.item;
    const next = await walks[first.index]?.next();
    if (next !== undefined) heads[first.index] = next;
  }
}
