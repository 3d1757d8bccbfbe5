/** GET /api/v1/streams: the streams that machines write, with their groups; those that the user may read, of all servers of a cluster. */
import type { Hono } from "hono";
import type { StreamRow } from "../server/counted.ts";
import type { Access } from "./access.ts";
import { type Env, withSession } from "./app-context.ts";
import { countedEverywhere } from "./counted-everywhere.ts";
import { membersWithMissing } from "./gathered.ts";

export function addStreams(app: Hono<Env>, access: Access): void {
  app.get("/api/v1/streams", (context) =>
    withSession(context, access, async (session) => {
      const { parts, missing } = await countedEverywhere(session, [], { kind: "streams" });
      const streams = parts.flatMap(({ told }) => told as readonly StreamRow[]);
      return context.json(membersWithMissing({ streams }, missing), 200, { "cache-control": "no-store" });
    }),
  );
}
