/**
 * GET /api/v1/streams: the streams that machines write, with their groups; those that the user may read. They are found by the
 * beginning of their names, so that the cost does not grow with the number of keys.
 */
import type { Hono } from "hono";
import { findCommand } from "../catalogue/catalogue.ts";
import { denialOf } from "../clients/users/check.ts";
import { readEverywhere } from "../keyspace/held.ts";
import { streamFigures } from "../machines/figures.ts";
import type { Access } from "./access.ts";
import { type Env, withSession } from "./app-context.ts";
import { elsewhere } from "./elsewhere.ts";

export function addStreams(app: Hono<Env>, access: Access): void {
  const { partitions, config, clock, catalogue } = access.server;
  app.get("/api/v1/streams", (context) =>
    withSession(context, access, async ({ session }) => {
      const everywhere = readEverywhere(partitions, config.get("databases"), clock.now());
      const streams = streamFigures(everywhere)
        .filter(({ database, name }) => {
          const request = ["XINFO", "STREAM", name].map((word) => Buffer.from(word));
          const command = findCommand(catalogue, request);
          const isAllowed = command !== undefined && denialOf(session.user, command, request) === undefined;
          return database === session.database && isAllowed;
        })
        .map(({ name, length, groups }) => ({
          ...{ name, length },
          groups: groups.map(({ lag, ...group }) => ({ ...group, lag: lag ?? null })),
        }));
      const missing = elsewhere(access.server);
      const body = missing.length === 0 ? { streams } : { streams, missing };
      return context.json(body, 200, { "cache-control": "no-store" });
    }),
  );
}
