/** The names of types as clients know them. */
import type { RecordType } from "../../keyspace/records.ts";

/** What TYPE answers and SCAN TYPE asks for. The machines' name is that of the module they come from. */
export const TYPE_NAMES: Readonly<Record<RecordType, string>> = {
  string: "string",
  longString: "string",
  machine: "StateType",
  stream: "stream",
  hash: "hash",
  set: "set",
  list: "list",
  sortedSet: "zset",
};
