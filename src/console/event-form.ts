/** What a definition reads of an event's data. It brings the engine along: it is loaded when an event is about to be sent. */
import type { JsonObject } from "../base/json.ts";
import { type EventField, eventFields } from "../definition-tests/event-fields.ts";
import type { Machine } from "../engine/machine.ts";
import { read } from "./simulator.ts";
import type { MachineInfo } from "./told.ts";

/** The fields that a machine which is where `info` says reads of an event; none where the definition does not compile. */
export function fieldsRead(
  definition: unknown,
  event: string,
  { state, context }: Pick<MachineInfo, "state" | "context">,
): readonly EventField[] {
  const { machine } = read(JSON.stringify(definition));
  return machine === undefined
    ? []
    : eventFields(machine, event, activeIn(machine, state), (context ?? {}) as JsonObject);
}

/** The active states and those around them, by their index. */
function activeIn({ states, byPath }: Machine, paths: readonly string[]): readonly number[] {
  const active = new Set<number>();
  for (const path of paths)
    for (let index = byPath.get(path) ?? -1; index >= 0; index = states[index]?.parent ?? -1)
      active.add(index);
  return [...active].sort((a, b) => a - b);
}
