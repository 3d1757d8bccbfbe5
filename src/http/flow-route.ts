/**
 * How machines of a definition move: how long they stay in its states, and how often its transitions were taken; and how often those of
 * each definition change. In a cluster each server counts what it does, and these are the sums.
 */
import type { Hono } from "hono";
import { readAt } from "../keyspace/held.ts";
import { findDefinition } from "../machines/definitions.ts";
import type { FlowPart, RateFigures } from "../machines/flow.ts";
import { flowOf, ratesOf } from "../machines/flow-sums.ts";
import type { Access } from "./access.ts";
import { AnswerError, isMap } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { countedEverywhere } from "./counted-everywhere.ts";
import { membersWithMissing } from "./gathered.ts";
import { accepted, Problem } from "./problem.ts";

const NO_STORE = { "cache-control": "no-store" };

export function addFlow(app: Hono<Env>, access: Access): void {
  const { partitions, clock, config } = access.server;
  const serve = (context: HttpContext) =>
    withSession(context, access, async (session) => {
      const [name, version] = [context.req.param("name") ?? "", context.req.param("version")];
      const { database } = session.session;
      const options = { count: config.get("databases"), nowMs: clock.now() };
      // Who may count the machines of a definition may know how they move.
      const id = version === undefined ? name : `${name}:${version}`;
      const request = ["SM.COUNT", "DEF", id, "BY", "STATE"];
      accepted(await session.run(request));
      const db = readAt(partitions, undefined, options).at(database);
      const definition = findDefinition(db, name, version);
      if (definition === undefined) throw new Problem(new AnswerError("NODEF there is no such definition"));
      const counted = { kind: "flow", name, version: definition.version } as const;
      const { parts, missing } = await countedEverywhere(session, request, counted);
      const { sinceMs, ...figures } = flowOf(parts.map(({ told }) => told as FlowPart));
      const body = { definition: `${name}:${definition.version}`, since: sinceMs, ...figures };
      return context.json(membersWithMissing(body, missing), 200, NO_STORE);
    });
  app.get("/api/v1/rates", (context) =>
    withSession(context, access, async (session) => {
      const { parts, missing } = await countedEverywhere(session, ["SM.COUNT", "BY", "VERSION"], {
        kind: "rates",
      });
      // Of those whose machines the user may count.
      const rates = ratesOf(
        parts.map(({ answer, told }) =>
          (told as readonly RateFigures[]).filter(
            ({ definition }) => isMap(answer) && answer.has(definition),
          ),
        ),
      );
      return context.json(membersWithMissing({ rates }, missing), 200, NO_STORE);
    }),
  );
  app.get("/api/v1/definitions/:name/flow", serve);
  app.get("/api/v1/definitions/:name/:version/flow", serve);
}
