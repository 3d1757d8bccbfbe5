/**
 * POST /api/v1/allowed: which of some commands the user may run, so that a page shows only what it can do. Nothing is run, and nothing
 * is in the ACL log.
 */
import type { Hono } from "hono";
import { checkArity, findCommand } from "../catalogue/catalogue.ts";
import { denialOf } from "../clients/users/check.ts";
import type { Access } from "./access.ts";
import { type Env, withSession } from "./app-context.ts";
import { bodyText, parseBody } from "./body.ts";
import { commandsOf } from "./commands-route.ts";

export function addAllowed(app: Hono<Env>, access: Access): void {
  const { server } = access;
  app.post("/api/v1/allowed", (context) =>
    withSession(context, access, async ({ session }) => {
      const text = await bodyText(context.req.raw, server.config.get("http-body-bytes-max"));
      const { requests } = commandsOf(parseBody(text ?? ""));
      const allowed = requests.map((request) => {
        const command = findCommand(server.catalogue, request);
        if (command === undefined || !checkArity(command, request)) return false;
        return denialOf(session.user, command, request) === undefined;
      });
      return context.json({ allowed }, 200, { "cache-control": "no-store" });
    }),
  );
}
