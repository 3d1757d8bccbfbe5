/** The login of a page: a token in a cookie that no script can read, for a user and its password. */
import type { Hono } from "hono";
import { isJsonObject } from "../base/json.ts";
import { type Access, tokenOf } from "./access.ts";
import { type Env, type HttpContext, peerOf, withSession } from "./app-context.ts";
import { bodyText, parseBody } from "./body.ts";
import { HttpSession } from "./http-session.ts";
import { COOKIE } from "./login-tokens.ts";
import { accepted, badRequest } from "./problem.ts";

const BODY_BYTES_MAX = 4096;
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict";

export function addLogin(app: Hono<Env>, access: Access): void {
  app.post("/api/v1/login", async (context) => {
    const text = await bodyText(context.req.raw, BODY_BYTES_MAX);
    const body = parseBody(text ?? "");
    const { user = "default", password } = isJsonObject(body) ? body : {};
    if (typeof user !== "string" || typeof password !== "string")
      throw badRequest(422, 'the body is {"user": "…", "password": "…"}');
    const session = new HttpSession(access.server, access.executor, peerOf(context));
    try {
      accepted(await session.run(["AUTH", user, password]));
    } finally {
      session.close();
    }
    // As AUTH has it: the bytes of the text, a character each.
    const token = access.tokens.give(session.session.user, Buffer.from(password, "utf8").toString("latin1"));
    return context.json({ user, token }, 200, {
      "set-cookie": cookie(token, context),
      "cache-control": "no-store",
    });
  });
  app.delete("/api/v1/login", (context) => {
    const token = tokenOf(context.req.raw);
    if (token !== undefined) access.tokens.end(token);
    return context.body(null, 204, { "set-cookie": cookie("; Max-Age=0", context) });
  });
  app.get("/api/v1/whoami", (context) =>
    withSession(context, access, async (session) => {
      const [user, version] = await session.runAll([
        ["ACL", "WHOAMI"],
        ["INFO", "server"],
      ]);
      const detent = typeof version === "string" ? /detent_version:(\S+)/.exec(version)?.[1] : undefined;
      const name = typeof user === "string" ? user : null;
      const login = tokenOf(context.req.raw) !== undefined;
      return context.json({ user: name, version: detent ?? null, login }, 200, {
        "cache-control": "no-store",
      });
    }),
  );
}

/** Over TLS the browser sends it over TLS alone. */
function cookie(value: string, { req }: HttpContext): string {
  const isSecure = req.url.startsWith("https:");
  return `${COOKIE}=${value}; ${ATTRIBUTES}${isSecure ? "; Secure" : ""}`;
}
