/**
 * SM.COUNT [DEF name[:version]] [STATE s] [STATUS s] [BY STATE|STATUS|VERSION] [SLOT n]: how many machines
 * there are, from counters: its cost grows with definitions and states, whatever the number of machines.
 */

import { type MachineCounter, machineCounters } from "../../machines/indexes.ts";
import { map } from "../../protocol/reply.ts";
import { notOneOf } from "../../protocol/word-errors.ts";
import { token } from "../arguments.ts";
import { readSlot } from "../cluster/slot-option.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { mayUse } from "../rights.ts";
import { checkedFilter, FILTER_FORMS, type MachineFilter, readMachineFilter } from "./machine-filter.ts";

type By = "STATE" | "STATUS" | "VERSION";

export const smCount = {
  name: "SM.COUNT",
  run: (call) => {
    const { filter: given, by, slot } = readCount(call.args);
    const filter = checkedFilter(call, given);
    const { definition, state: wanted, status: wantedStatus } = filter;
    const byState = wanted !== undefined || by === "STATE";
    const counters = everyDatabase(call, slot)
      .flatMap((db) => machineCounters(db, definition?.name, definition?.version))
      .filter(
        ({ definition: { name, version }, place, status }) =>
          (name === "" || mayUse(call, `${name}:${version}`)) &&
          (byState ? isWanted(place, wanted) : place === undefined) &&
          (wantedStatus ?? status) === status,
      );
    if (by === undefined) return counters.reduce((sum, { count }) => sum + count, 0);
    return sums(counters, by);
  },
} as const satisfies Handler;

/** Without a wish the atomic states are counted, which together are all machines. */
function isWanted(place: MachineCounter["place"], wanted: string | undefined): boolean {
  if (place === undefined) return false;
  return wanted === undefined ? !place.isOuter : place.state === wanted;
}

const FORMS = { ...FILTER_FORMS, BY: VALUE, SLOT: VALUE } as const;

interface Wanted {
  readonly filter: MachineFilter;
  readonly by: By | undefined;
  readonly slot: number | undefined;
}

function readCount(args: readonly Buffer[]): Wanted {
  const given = readOptions(args, 1, FORMS);
  const by = given.value("BY");
  return {
    filter: readMachineFilter(given),
    by: by === undefined ? undefined : readBy(by),
    slot: readSlot(given.value("SLOT")),
  };
}

function readBy(value: Buffer): By {
  const by = token(value);
  if (by !== "STATE" && by !== "STATUS" && by !== "VERSION")
    throw notOneOf("BY", ["STATE", "STATUS", "VERSION"]);
  return by;
}

/** The sums by one field, in the order of its values. */
function sums(counters: readonly MachineCounter[], by: By) {
  const byValue = new Map<string, number>();
  for (const { definition, place, status, count } of counters) {
    const version = definition.name === "" ? "" : `${definition.name}:${definition.version}`;
    const value = by === "STATE" ? (place?.state ?? "") : by === "STATUS" ? status : version;
    byValue.set(value, (byValue.get(value) ?? 0) + count);
  }
  return map([...byValue].sort(([a], [b]) => (a < b ? -1 : 1)));
}
