/** Which keys were used by what has been written. */
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";

/** What a key does not live through under its name. */
const ENDINGS: ReadonlySet<string> = new Set(["del", "expired", "rename_from", "move_from"]);

/** What was written was used; RESTORE notes itself how. */
export function noteUses({ clock, keyUses }: ServerContext, changes: readonly Change[]): void {
  const nowMs = clock.now();
  for (const change of changes) {
    if (change.kind === "flush") keyUses.forgetAll(change.database);
    if (change.kind === "swap") keyUses.swap(change.databases);
    // What made a key new follows, and counts.
    if (change.kind !== "key" || change.event === "restore" || change.event === "new") continue;
    if (ENDINGS.has(change.event)) keyUses.forget(change.database, change.key);
    else keyUses.note(change.database, change.key, nowMs);
  }
}
