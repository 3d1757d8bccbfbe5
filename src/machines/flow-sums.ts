/** How machines move, summed over the servers of a cluster, each of which has counted what it did itself. */
import type { EdgeFigures, FlowFigures, FlowPart, RateFigures } from "./flow.ts";
import { StayHistogram } from "./stay-histogram.ts";

/** `sinceMs` is the start of the server that has counted longest. */
export function flowOf(parts: readonly FlowPart[]): FlowFigures {
  const stays = new Map<string, StayHistogram>();
  const edges = new Map<string, EdgeFigures>();
  for (const part of parts) {
    for (const { state, buckets } of part.stays) {
      const histogram = stays.get(state) ?? new StayHistogram();
      stays.set(state, histogram);
      histogram.addBuckets(buckets);
    }
    for (const edge of part.edges) {
      const name = JSON.stringify([edge.from, edge.to, edge.event]);
      const { taken, lastHour } = edges.get(name) ?? { taken: 0, lastHour: 0 };
      edges.set(name, { ...edge, taken: edge.taken + taken, lastHour: edge.lastHour + lastHour });
    }
  }
  const states = Array.from(stays, ([state, histogram]) => ({
    state,
    stays: histogram.count,
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
  }));
  return {
    sinceMs: Math.min(...parts.map(({ sinceMs }) => sinceMs)),
    states,
    edges: [...edges.values()],
    isPartial: parts.some(({ isPartial }) => isPartial),
  };
}

export function ratesOf(parts: ReadonlyArray<readonly RateFigures[]>): readonly RateFigures[] {
  const sums = new Map<string, RateFigures>();
  for (const { definition, lastMinute, minutes } of parts.flat()) {
    const known = sums.get(definition);
    sums.set(definition, {
      definition,
      lastMinute: lastMinute + (known?.lastMinute ?? 0),
      minutes: minutes.map((count, at) => count + (known?.minutes[at] ?? 0)),
    });
  }
  return [...sums.values()];
}
