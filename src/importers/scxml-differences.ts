/** Where a document would do something else here than in SCXML: warnings, since it is seldom meant. */
import type { Problems } from "../engine/problems.ts";
import {
  type Chart,
  type ChartState,
  coversDescriptor,
  descriptorOf,
  isInside,
  transitionsIn,
} from "./scxml-chart.ts";
import { type Element, words } from "./xml.ts";

/** Pairs of transitions looked at; a chart with more is not worth the time. */
const PAIRS_MAX = 200_000;

export function warnOfDifferences(chart: Chart, problems: Problems): void {
  const parallels = chart.states.filter(({ element }) => element.name === "parallel");
  let left = PAIRS_MAX;
  for (const parallel of parallels) {
    const below = chart.states.filter((state) => state !== parallel && isInside(state, parallel));
    const inner = below.flatMap((state) => transitionsIn(state));
    for (let outer: ChartState | undefined = parallel; outer !== undefined; outer = outer.parent) {
      for (const transition of transitionsIn(outer)) {
        left -= inner.length;
        if (left < 0) return;
        const twin = inner.find((other) => mayReactTogether(chart, transition, other));
        if (twin !== undefined)
          problems.warn(
            transition.path,
            `when a region of '${parallel.id ?? parallel.key}' reacts to the same event (${twin.path}), this is not taken here; in SCXML both are, since one of them has no target`,
          );
      }
    }
    for (const state of below)
      for (const transition of transitionsIn(state))
        warnOfParallel(chart, { parallel, state, transition }, problems);
  }
}

function mayReactTogether({ events }: Chart, one: Element, other: Element): boolean {
  if (one.attributes.has("target") && other.attributes.has("target")) return false;
  const [a, b] = [one, other].map(({ attributes }) =>
    words(attributes.get("event")).map((word) => descriptorOf(word, events)),
  );
  if (a === undefined || b === undefined) return false;
  if (a.length === 0 || b.length === 0) return a.length === b.length;
  return a.some((x) => b.some((y) => coversDescriptor(x, y) || coversDescriptor(y, x)));
}

/** A transition from one region into another leaves the parallel state in SCXML, and its regions alone here. */
function warnOfParallel(
  { byId }: Chart,
  {
    parallel,
    state,
    transition,
  }: { readonly parallel: ChartState; readonly state: ChartState; readonly transition: Element },
  problems: Problems,
): void {
  const targets = words(transition.attributes.get("target")).flatMap((id) => byId.get(id) ?? []);
  if (targets.length === 0 || !targets.every((target) => target !== parallel && isInside(target, parallel)))
    return;
  const regionOf = (inner: ChartState) => parallel.children.find((child) => isInside(inner, child));
  const region = regionOf(state);
  if (targets.every((target) => regionOf(target) === region)) return;
  const notices = parallel.element.children.some(
    ({ name }) => name === "onentry" || name === "onexit" || name === "invoke",
  );
  if (notices)
    problems.warn(
      transition.path,
      `in SCXML this leaves and enters '${parallel.id ?? parallel.key}' itself; here its regions alone, without what is in its <onentry>, <onexit> and <invoke>`,
    );
}
