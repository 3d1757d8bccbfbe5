/** The selected database in every partition that the server holds, for commands that speak of all keys; in that of a slot, where one is named. */
import type { Database } from "../keyspace/database.ts";
import type { Scope } from "../machines/subject.ts";
import { placesAsked } from "./cluster/slot-option.ts";
import type { Call } from "./handler.ts";

/** In the order of slots; without a cluster, and with one partition, the database of the call. */
export function everyDatabase(call: Call, slot?: number): readonly Database[] {
  return placesAsked(call, slot).map((databases) => databases.at(call.session.database));
}

/** The same with what machines there need. */
export function everyScope(call: Call, slot?: number): readonly Scope[] {
  const { server, nowMs, session } = call;
  return placesAsked(call, slot).map((databases) => ({
    databases,
    db: databases.at(session.database),
    server,
    nowMs,
  }));
}
