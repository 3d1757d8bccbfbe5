/**
 * SM.COUNT [DEF name[:version]] [STATE s] [STATUS s] [BY STATE|STATUS|VERSION]: how many machines there are, from
 * counters: costs what there are definitions and states, whatever the number of machines.
 */
import * as errors from "../../protocol/errors.ts";
import { map } from "../../protocol/reply.ts";
import { type MachineCounter, machineCounters } from "../../store/machine-index.ts";
import { argument, text, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { splitDefinitionId } from "./creation.ts";

interface Filter {
  readonly definition?: { readonly name: string; readonly version: string | undefined };
  readonly state?: string;
  readonly status?: string;
  readonly by?: "STATE" | "STATUS" | "VERSION";
}

export const smCount = {
  name: "SM.COUNT",
  run: ({ args, db }) => {
    const filter = readFilter(args);
    const byState = filter.state !== undefined || filter.by === "STATE";
    const counters = machineCounters(db, filter.definition?.name, filter.definition?.version).filter(
      ({ state, status }) =>
        (byState ? state !== undefined && (filter.state ?? state) === state : state === undefined) &&
        (filter.status ?? status) === status,
    );
    if (filter.by === undefined) return counters.reduce((sum, { count }) => sum + count, 0);
    return sums(counters, filter.by);
  },
} as const satisfies Handler;

function readFilter(args: readonly Buffer[]): Filter {
  let filter: Filter = {};
  for (let position = 1; position < args.length; position += 2) {
    const option = token(args[position]);
    const value = text(argument(args, position + 1));
    if (option === "DEF") filter = { ...filter, definition: splitDefinitionId(value) };
    else if (option === "STATE") filter = { ...filter, state: value };
    else if (option === "STATUS") filter = { ...filter, status: value.toLowerCase() };
    else if (option === "BY") filter = { ...filter, by: readBy(value) };
    else throw errors.syntaxError();
  }
  return filter;
}

function readBy(value: string): "STATE" | "STATUS" | "VERSION" {
  const by = value.toUpperCase();
  if (by !== "STATE" && by !== "STATUS" && by !== "VERSION") throw errors.syntaxError();
  return by;
}

/** The sums by one field, in the order of its values. */
function sums(counters: readonly MachineCounter[], by: "STATE" | "STATUS" | "VERSION") {
  const byValue = new Map<string, number>();
  for (const { definition, state, status, count } of counters) {
    const version = definition.name === "" ? "" : `${definition.name}:${definition.version}`;
    const value = by === "STATE" ? (state ?? "") : by === "STATUS" ? status : version;
    byValue.set(value, (byValue.get(value) ?? 0) + count);
  }
  return map([...byValue].sort(([a], [b]) => (a < b ? -1 : 1)));
}
