/** Where a machine has been on a drawing, and the transitions that it has taken. */
import type { Drawing, Line } from "../drawing/geometry.ts";
import type { HistoryEntry } from "./told.ts";

export type Step = Pick<HistoryEntry, "event" | "from" | "to">;

/**
 * The ids of lines. History has atomic states, where lines may lead from an outer state, or into one: those are told apart by the event
 * in their text.
 */
export function takenLines({ lines }: Pick<Drawing, "lines">, entries: readonly Step[]): ReadonlySet<string> {
  const drawn = lines.filter(({ isInitial }) => !isInitial);
  const taken = new Set<string>();
  const known = new Set<string>();
  for (const { event, from, to } of entries) {
    const pair = JSON.stringify([event, from, to]);
    if (known.has(pair) || from.join() === to.join()) continue;
    known.add(pair);
    const [left, entered] = [
      from.filter((one) => !to.includes(one)),
      to.filter((one) => !from.includes(one)),
    ];
    const exact = drawn.filter((line) => left.includes(line.from) && entered.includes(line.to));
    const [outerLeft, outerEntered] = [withOuter(left), withOuter(entered)];
    const found =
      exact.length > 0
        ? exact
        : drawn.filter(
            (line) => outerLeft.has(line.from) && outerEntered.has(line.to) && hasEvent(line, event),
          );
    for (const { id } of found) taken.add(id);
  }
  return taken;
}

function hasEvent({ label }: Line, event: string | null): boolean {
  return event !== null && label?.lines.some((text) => text.split(/[^\w.-]+/).includes(event)) === true;
}

/** States and all that are around them. */
export function withOuter(paths: Iterable<string>): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    const parts = path.split(".");
    for (let length = 1; length <= parts.length; length += 1) all.add(parts.slice(0, length).join("."));
  }
  return all;
}
