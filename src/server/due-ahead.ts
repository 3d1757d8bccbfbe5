/** What falls due behind a piece that has missed, tried for what it will miss. */
import type { Bytes } from "../base/bytes.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Databases } from "../keyspace/databases.ts";
import { behind, dueKey } from "../keyspace/layouts.ts";
import { runDue } from "../machines/due.ts";
import { type DueMachine, firstDue } from "../machines/pending.ts";
import type { NotLoaded } from "../storage/not-loaded.ts";
import type { Entry } from "../storage/ordered-store.ts";
import { FurtherMisses } from "./further-misses.ts";

const PIECES_MAX = 64;

/** A timer, or where in the index expiries begin. */
export interface DuePlace {
  readonly timer?: DueMachine;
  readonly expiry?: Bytes;
}

export function missesAhead(
  server: ServerContext,
  databases: Databases,
  { timer, expiry }: DuePlace,
): readonly NotLoaded[] {
  const found = new FurtherMisses(databases);
  if (expiry !== undefined) {
    let due: readonly Entry[] = [];
    found.look(() => {
      due = databases.dueExpiries(PIECES_MAX, expiry);
    });
    for (const entry of due) found.look(() => databases.expire(entry));
  }
  let last = timer;
  for (let count = 0; count < PIECES_MAX && last !== undefined; count += 1) {
    const from: Bytes = behind(dueKey(last));
    let next: DueMachine | undefined;
    found.look(() => {
      next = firstDue(databases.transaction, from, databases.nowMs);
      if (next === undefined || next.kind === "m") return;
      const atDueTime = databases.atTime(next.dueMs);
      runDue(server, atDueTime, next, databases.nowMs);
    });
    last = next;
  }
  return found.end();
}
