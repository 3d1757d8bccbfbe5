/**
 * POST /api/v1/commands: any command, `["SM.SEND", "o1", "PAY"]`, or a list of commands that run one behind the other on
 * one session, MULTI and EXEC among them, and are answered in a list.
 */
import type { Hono } from "hono";
import type { Json } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import { findCommand } from "../catalogue/catalogue.ts";
import type { Access } from "./access.ts";
import { jsonOf } from "./answer.ts";
import { type Env, withSession } from "./app-context.ts";
import { bodyText, parseBody } from "./body.ts";
import { accepted, badRequest } from "./problem.ts";

const COMMANDS_MAX = 1000;

/** What turns a session into something else than one that asks and is answered. */
const REFUSED: ReadonlySet<string> = new Set([
  "hello",
  "quit",
  "reset",
  "monitor",
  "subscribe",
  "psubscribe",
  "ssubscribe",
  "unsubscribe",
  "punsubscribe",
  "sunsubscribe",
  "client|reply",
  "sync",
  "psync",
]);

export function addCommands(app: Hono<Env>, access: Access): void {
  const { server } = access;
  app.post("/api/v1/commands", (context) =>
    withSession(context, access, async (session) => {
      const text = await bodyText(context.req.raw, server.config.get("http-body-bytes-max"));
      const { requests, isList } = commandsOf(parseBody(text ?? ""));
      for (const request of requests) {
        const name = findCommand(server.catalogue, request)?.name;
        if (name !== undefined && REFUSED.has(name))
          throw badRequest(
            422,
            `${name.replace("|", " ").toUpperCase()} needs a connection of its own: use a Redis client, or GET /api/v1/changes`,
          );
      }
      const waitMs = server.config.get("http-wait-seconds-max") * 1000;
      const answers = await session.runAll(requests, waitMs);
      const body = isList ? answers : accepted(answers[0] ?? null);
      return context.body(`${jsonOf(body)}\n`, 200, {
        "content-type": "application/json",
        "cache-control": "no-store",
      });
    }),
  );
}

const FORM = 'the body is a command, ["GET", "key"], or a list of commands';

export function commandsOf(body: Json): { readonly requests: readonly Buffer[][]; readonly isList: boolean } {
  if (!Array.isArray(body) || body.length === 0) throw badRequest(422, FORM);
  const isList = body.every(Array.isArray);
  const commands: readonly Json[] = isList ? body : [body];
  if (commands.length > COMMANDS_MAX) throw badRequest(422, `at most ${COMMANDS_MAX} commands at a time`);
  const requests = commands.map((command) => {
    if (!Array.isArray(command) || command.length === 0) throw badRequest(422, FORM);
    return command.map(argumentOf);
  });
  return { requests, isList };
}

/** A text, a number as it is printed, or bytes as `{"base64": "…"}`. */
function argumentOf(value: Json): Buffer {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value)))
    return Buffer.from(String(value));
  if (isJsonObject(value) && typeof value["base64"] === "string" && Object.keys(value).length === 1)
    return Buffer.from(value["base64"], "base64");
  throw badRequest(
    422,
    'an argument is a string, a number that a double holds, or {"base64": "…"}; JSON is given as a string',
  );
}
