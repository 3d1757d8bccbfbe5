/**
 * How machines of a definition move: how long they stay in its states, and how often its transitions were taken; and how often those of
 * each definition change.
 */
import type { Hono } from "hono";
import { readAt } from "../keyspace/held.ts";
import { findDefinition } from "../machines/definitions.ts";
import type { Access } from "./access.ts";
import { AnswerError, isMap } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { accepted, Problem } from "./problem.ts";

export function addFlow(app: Hono<Env>, access: Access): void {
  const { partitions, clock, config, flow } = access.server;
  const serve = (context: HttpContext) =>
    withSession(context, access, async (session) => {
      const [name, version] = [context.req.param("name") ?? "", context.req.param("version")];
      const nowMs = clock.now();
      // Who may count the machines of a definition may know how they move.
      accepted(
        await session.run([
          "SM.COUNT",
          "DEF",
          version === undefined ? name : `${name}:${version}`,
          "BY",
          "STATE",
        ]),
      );
      const { database } = session.session;
      const db = readAt(partitions, undefined, { count: config.get("databases"), nowMs }).at(database);
      const definition = findDefinition(db, name, version);
      if (definition === undefined) throw new Problem(new AnswerError("NODEF there is no such definition"));
      const { sinceMs, states, edges, isPartial } = flow.figures(database, definition, nowMs);
      const id = `${name}:${definition.version}`;
      return context.json({ definition: id, since: sinceMs, isPartial, states, edges }, 200, {
        "cache-control": "no-store",
      });
    });
  app.get("/api/v1/rates", (context) =>
    withSession(context, access, async (session) => {
      // Of those whose machines the user may count.
      const counted = accepted(await session.run(["SM.COUNT", "BY", "VERSION"]));
      const known = isMap(counted) ? counted : new Map<string, unknown>();
      const rates = flow.rates(session.session.database, clock.now());
      const body = { rates: rates.filter(({ definition }) => known.has(definition)) };
      return context.json(body, 200, { "cache-control": "no-store" });
    }),
  );
  app.get("/api/v1/definitions/:name/flow", serve);
  app.get("/api/v1/definitions/:name/:version/flow", serve);
}
