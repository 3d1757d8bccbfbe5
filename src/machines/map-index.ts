/** What is looked up in a map of transitions, made once for each map and kept as long as the map is. */
import type { TransitionMap } from "./transition-map.ts";

export interface MapIndex {
  /** The states that are keys of the map, in its order, with their targets. */
  readonly targets: ReadonlyMap<string, ReadonlySet<string>>;
  /** The keys of the map and all targets. */
  readonly states: ReadonlySet<string>;
  /** The map as a JSON object, keys in its order. */
  readonly json: string;
}

const indexes = new WeakMap<TransitionMap, MapIndex>();

/** The index of a map. O(1) but for the first time. */
export function indexOf(map: TransitionMap): MapIndex {
  let index = indexes.get(map);
  if (index === undefined) {
    index = indexed(map);
    indexes.set(map, index);
  }
  return index;
}

function indexed(map: TransitionMap): MapIndex {
  const targets = new Map<string, ReadonlySet<string>>();
  const states = new Set<string>();
  const members: string[] = [];
  for (const [state, list] of map) {
    targets.set(state, new Set(list));
    states.add(state);
    for (const target of list) states.add(target);
    members.push(`${JSON.stringify(state)}:${JSON.stringify(list)}`);
  }
  return { targets, states, json: `{${members.join(",")}}` };
}
