/** What SM.SCAN and SM.COUNT choose machines by: `[DEF name[:version]] [STATE s] [STATUS s]`. */

import { stateOf } from "../../engine/machine.ts";
import { didYouMean, findState } from "../../engine/step.ts";
import {
  findDefinition,
  listDefinitions,
  splitDefinitionId,
  unknownDefinition,
  type WantedDefinition,
} from "../../machines/definitions.ts";
import type { MachineStatus } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { type Options, VALUE } from "../options.ts";

export interface MachineFilter {
  readonly definition?: WantedDefinition;
  readonly state?: string;
  readonly status?: MachineStatus;
}

/** The options of a filter, for commands that have others beside them. */
export const FILTER_FORMS = { DEF: VALUE, STATE: VALUE, STATUS: VALUE } as const;

/** The filter that was given. @throws ReplyError for no status */
export function readMachineFilter(given: Options<keyof typeof FILTER_FORMS>): MachineFilter {
  const [definition, state, status] = [given.value("DEF"), given.value("STATE"), given.value("STATUS")];
  return {
    ...(definition === undefined ? {} : { definition: splitDefinitionId(text(definition, "DEF")) }),
    ...(state === undefined ? {} : { state: text(state, "STATE") }),
    ...(status === undefined ? {} : { status: readStatus(status) }),
  };
}

/**
 * The filter, once it is known that its definition is there and has the state; a state is named by its path or its
 * id. Costs compiling the versions of the definition that are not at hand. @throws ReplyError NODEF, NOSTATE
 */
export function checkedFilter<Filter extends MachineFilter>(call: Call, filter: Filter): Filter {
  const { definition, state } = filter;
  if (definition === undefined) return filter;
  const { name, version } = definition;
  const newest = findDefinition(call.db, name, version);
  if (newest === undefined) throw unknownDefinition(call.db, definition);
  if (state === undefined) return filter;
  const versions = version === undefined ? listDefinitions(call.db, name).reverse() : [newest];
  for (const stored of versions) {
    const chart = call.server.charts.chartOf(stored);
    const index = findState(chart, state);
    if (index !== undefined) return { ...filter, state: stateOf(chart, index).path };
  }
  const hint = didYouMean(call.server.charts.chartOf(newest), state);
  throw errors.refused("NOSTATE", `the definition '${name}' has no state '${state}'${hint}`);
}

const STATUSES: readonly MachineStatus[] = ["active", "failed", "suspended", "done", "stopped"];

/** A status in any case. @throws ReplyError for another word: nothing would ever have it */
export function readStatus(value: Buffer): MachineStatus {
  const word = text(value, "STATUS").toLowerCase();
  const status = STATUSES.find((name) => name === word);
  if (status === undefined) throw errors.err("the status must be active, failed, suspended, done or stopped");
  return status;
}
