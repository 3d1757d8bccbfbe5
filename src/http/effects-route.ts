/**
 * GET …/machines/{key}/effects: what has left a machine with its changes: events for other machines, tasks for workers, emitted events,
 * children. SM.HISTORY tells what came in.
 */
import type { Hono } from "hono";
import { bytesOf } from "../base/bytes.ts";
import { slotOf } from "../cluster/slots.ts";
import { readAt } from "../keyspace/held.ts";
import { historyOf } from "../machines/history.ts";
import { staysOf } from "../machines/undo-plan.ts";
import type { Access } from "./access.ts";
import { AnswerError } from "./answer.ts";
import { type Env, withSession } from "./app-context.ts";
import { accepted, Problem } from "./problem.ts";

/** Changes that are looked at, the newest. */
const ENTRIES_MAX = 1000;

export function addEffects(app: Hono<Env>, access: Access): void {
  const { partitions, clock, config } = access.server;
  app.get("/api/v1/machines/:key/effects", (context) =>
    withSession(context, access, async (session) => {
      const key = context.req.param("key");
      // Who may read the history may know what left with it.
      const known = accepted(await session.run(["SM.HISTORY", key, "-", "+", "REV", "COUNT", "1"]));
      if (known === null) throw new Problem(new AnswerError("NOMACHINE there is no such machine"));
      const place = Buffer.from(key, "utf8");
      const options = { count: config.get("databases"), nowMs: clock.now() };
      const db = readAt(partitions, slotOf(place), options).at(session.session.database);
      const record = db.find(bytesOf(place));
      const range = { from: 1, to: Number.MAX_SAFE_INTEGER - 1, reverse: true, limit: ENTRIES_MAX };
      const entries = record === undefined ? [] : historyOf(db.transaction, record.id, range).reverse();
      const effects = entries.flatMap((entry) =>
        staysOf(entry).map(({ kind, rev, name = null, to = null, number = null, id = null }) => {
          return { rev, at: entry.atMs, kind, name, to, number, id };
        }),
      );
      // What was read last may not be on disk yet; this answers when it is.
      accepted(await session.run(["SM.STATE", key]));
      return context.json({ effects }, 200, { "cache-control": "no-store" });
    }),
  );
}
