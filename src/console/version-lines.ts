/** How the lines of a drawing differ from those of another version. */
import type { Drawing, Line } from "../drawing/geometry.ts";
import type { Difference } from "./chart-marks.ts";

/**
 * By the ids of the lines of `own`: `missing` where the other version has no line between the two states, `changed` where it says
 * something else, or does something else on the way.
 *
 * @param deeds pairs of states, as `from\nto`, with other actions between them
 */
export function lineDifferences(
  own: Drawing,
  other: Drawing,
  missing: Difference,
  deeds: ReadonlySet<string>,
): ReadonlyMap<string, Difference> {
  const others = new Map(other.lines.map((line) => [pairOf(line), line]));
  return new Map(
    own.lines.flatMap((line): ReadonlyArray<readonly [string, Difference]> => {
      const twin = others.get(pairOf(line));
      if (twin === undefined) return [[line.id, missing]];
      return labelOf(line) === labelOf(twin) && !deeds.has(pairOf(line)) ? [] : [[line.id, "changed"]];
    }),
  );
}

/** The arrow to an initial state has no source but that of its id. */
function pairOf({ id, from, to, isInitial }: Line): string {
  return `${isInitial ? id : from}\n${to}`;
}

function labelOf({ label }: Line): string {
  return label?.lines.join("\n") ?? "";
}
