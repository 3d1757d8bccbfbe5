/**
 * Whether what clients have seen of a counter is linearizable: as if each request had happened at one moment between when it was sent
 * and when it was answered. Each write makes the next version and is answered with it, so versions give the order of writes, and
 * what is asked of all orders in general has an exact answer in the time that sorting takes.
 *
 * In that order, write 1, reads of 1, write 2, reads of 2 and so on, moments can be chosen if and only if nothing was answered before
 * something was sent that comes earlier in the order. A write without an answer may have happened at any time after it was sent,
 * or never: each version that no write was answered with needs one.
 */

export interface Operation {
  readonly kind: "write" | "read";
  readonly sentMs: number;
  /** Infinite where no answer came: what became of it is unknown. */
  readonly answeredMs: number;
  /** The one that a write has made, or that a read has found; undefined where no answer came. */
  readonly version: number | undefined;
}

interface Placed extends Operation {
  readonly version: number;
  /** Its place in the order: reads of one version have the same. */
  readonly place: number;
}

/** What cannot be, of a counter that was 0 at first; undefined where moments can be chosen. */
export function anomalyIn(history: readonly Operation[]): string | undefined {
  const answered = history.filter((one): one is Operation & { version: number } => one.version !== undefined);
  const placed = answered
    .map((one): Placed => ({ ...one, place: one.version * 2 + (one.kind === "read" ? 1 : 0) }))
    .toSorted((a, b) => a.place - b.place);
  const open = history.filter(({ kind, version }) => kind === "write" && version === undefined);
  return twiceIn(placed) ?? disorderIn(placed) ?? unmadeIn(placed, open);
}

/** Two writes that were answered with one version. */
function twiceIn(placed: readonly Placed[]): string | undefined {
  const made = new Set<number>();
  for (const { kind, version } of placed) {
    if (kind === "read") continue;
    if (made.has(version)) return `two writes were answered with ${version}`;
    made.add(version);
  }
  return undefined;
}

/** Something that was sent when something later in the order had been answered. */
function disorderIn(placed: readonly Placed[]): string | undefined {
  /** The first to be answered of those behind. */
  let behind: Placed | undefined;
  let sameAs: Placed[] = [];
  for (const one of placed.toReversed()) {
    if (sameAs[0] !== undefined && sameAs[0].place !== one.place) {
      behind = earliest([...(behind === undefined ? [] : [behind]), ...sameAs]);
      sameAs = [];
    }
    sameAs.push(one);
    if (behind !== undefined && behind.answeredMs < one.sentMs)
      return `a ${one.kind} is answered with ${one.version}, sent ${(one.sentMs - behind.answeredMs).toFixed(1)} ms after a ${behind.kind} was answered with ${behind.version}`;
  }
  return undefined;
}

function earliest(some: readonly Placed[]): Placed | undefined {
  return some.reduce<Placed | undefined>(
    (first, one) => (first === undefined || one.answeredMs < first.answeredMs ? one : first),
    undefined,
  );
}

/** A version that no write can have made. The lower it is, the sooner it was seen: so the writes that were sent first go first. */
function unmadeIn(placed: readonly Placed[], open: readonly Operation[]): string | undefined {
  const made = new Set(placed.filter(({ kind }) => kind === "write").map(({ version }) => version));
  const candidates = open.map(({ sentMs }) => sentMs).toSorted((a, b) => a - b);
  const seenMs = firstAnswers(placed);
  let used = 0;
  for (let version = 1; version <= (placed.at(-1)?.version ?? 0); version += 1) {
    if (made.has(version)) continue;
    const sentMs = candidates[used];
    used += 1;
    if (sentMs === undefined || sentMs > (seenMs.get(version) ?? 0))
      return `no write can have made ${version}`;
  }
  return undefined;
}

/** When each version, or a later one, was seen first. */
function firstAnswers(placed: readonly Placed[]): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  let at = placed.length - 1;
  let earliestMs = Number.POSITIVE_INFINITY;
  for (let version = placed.at(-1)?.version ?? 0; version > 0; version -= 1) {
    for (; (placed[at]?.version ?? 0) >= version; at -= 1)
      earliestMs = Math.min(earliestMs, placed[at]?.answeredMs ?? earliestMs);
    first.set(version, earliestMs);
  }
  return first;
}
