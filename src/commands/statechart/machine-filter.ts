/** What SM.SCAN and SM.COUNT choose machines by: `[DEF name[:version]] [STATE s] [STATUS s]`. */

import { splitDefinitionId } from "../../machines/creation.ts";
import type { MachineStatus } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";

export interface MachineFilter {
  readonly definition?: { readonly name: string; readonly version: string | undefined };
  readonly state?: string;
  readonly status?: MachineStatus;
}

/** The filter with one option more; undefined when it is none of a filter's. @throws ReplyError for no status */
export function narrowed(filter: MachineFilter, option: string, value: Buffer): MachineFilter | undefined {
  switch (option) {
    case "DEF":
      return { ...filter, definition: splitDefinitionId(text(value)) };
    case "STATE":
      return { ...filter, state: text(value) };
    case "STATUS":
      return { ...filter, status: readStatus(value) };
    default:
      return undefined;
  }
}

const STATUSES: readonly MachineStatus[] = ["active", "done", "suspended"];

/** A status in any case. @throws ReplyError for another word: nothing would ever have it */
export function readStatus(value: Buffer): MachineStatus {
  const word = text(value).toLowerCase();
  const status = STATUSES.find((name) => name === word);
  if (status === undefined) throw errors.err("the status must be active, done or suspended");
  return status;
}
