/** What SM.SCAN and SM.COUNT choose machines by: `[DEF name[:version]] [STATE s] [STATUS s]`. */

import { splitDefinitionId } from "../../machines/creation.ts";
import type { MachineStatus } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import { type Options, VALUE } from "../options.ts";

export interface MachineFilter {
  readonly definition?: { readonly name: string; readonly version: string | undefined };
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

const STATUSES: readonly MachineStatus[] = ["active", "done", "suspended"];

/** A status in any case. @throws ReplyError for another word: nothing would ever have it */
export function readStatus(value: Buffer): MachineStatus {
  const word = text(value, "STATUS").toLowerCase();
  const status = STATUSES.find((name) => name === word);
  if (status === undefined) throw errors.err("the status must be active, done or suspended");
  return status;
}
