/** A machine as the original commands show it: four fields, the map its own or derived from its definition. */

import { MAP_TARGETS_MAX } from "../engine/graph.ts";
import * as errors from "../protocol/errors.ts";
import { derivedMap } from "./driving.ts";
import { indexOf } from "./map-index.ts";
import { mapOf } from "./map-machine.ts";
import { activeNames, type MachineRecord } from "./record.ts";
import { chartOf, type Scope } from "./subject.ts";
import type { TransitionMap } from "./transition-map.ts";

export interface ShownMap {
  readonly map: TransitionMap;
  readonly initial: string;
}

/** The map of a machine, whichever kind it is. @throws ReplyError when it would be too large */
export function shownMap(scope: Scope, machine: MachineRecord): ShownMap {
  const { definition } = machine;
  if (definition === undefined) return ownMap(machine);
  const { map, initial } = derivedMap(chartOf(scope, definition));
  if (map === undefined)
    throw errors.err(
      `the map of ${definition.name}:${definition.version} would have more than ${MAP_TARGETS_MAX} targets`,
    );
  return { map, initial };
}

/** The map of a map machine. */
export function ownMap(machine: MachineRecord): ShownMap {
  return { map: mapOf(machine), initial: machine.initial ?? "" };
}

/**
 * The JSON that SM.GET prints: the fields in the order current, map, initial, reason; the last only if there is a
 * reason. States of parallel regions are joined by commas.
 */
export function documentOf(
  machine: MachineRecord,
  { map, initial }: ShownMap,
  reason: string | undefined,
): string {
  const current = JSON.stringify(activeNames(machine).join(","));
  const last = reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`;
  return `{"current":${current},"map":${indexOf(map).json},"initial":${JSON.stringify(initial)}${last}}`;
}
