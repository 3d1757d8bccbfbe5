/**
 * The routes of durable.js under `http-base-durable`, for programs that were written for it: a program is a definition,
 * a session is the machine `program:session`, made by the first message it is sent.
 *
 * | route                                 | does                                                                        |
 * | ------------------------------------- | --------------------------------------------------------------------------- |
 * | `GET /{program}/{session}`            | the session's data, with `id`, `label` (where it is), `status` and `rev`    |
 * | `POST /{program}/{session}`           | a message: `event`, or `type`, names the event, `id` is its id, all is data |
 * | `GET /{program}/{session}/history`    | what it has been through                                                    |
 * | `GET /{program}/sessions`             | the ids of sessions, a page of them                                         |
 */
import type { Hono } from "hono";
import { isExactNumber } from "../base/exact-json.ts";
import { isJsonObject } from "../base/json.ts";
import type { Access } from "./access.ts";
import { type Answer, isList, isMap, jsonOf, RawJson } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { bodyText, parseBody, rawMembers } from "./body.ts";
import type { HttpSession } from "./http-session.ts";
import { HISTORY_JSON } from "./machine-operations.ts";
import { withJson } from "./operation.ts";
import { accepted, badRequest } from "./problem.ts";

const PAGE_COUNT = "1000";

export function addDurable(app: Hono<Env>, access: Access): void {
  const { config } = access.server;
  const base = config.get("http-base-durable");
  if (base === "") return;
  const session = `${base}/:program/:session`;
  const answering = (path: string, method: string, answer: Route): void => {
    app.on(method, path, (context) =>
      withSession(context, access, async (asked) =>
        context.body(`${jsonOf(await answer(asked, context))}\n`, 200, {
          "content-type": "application/json",
          "cache-control": "no-store",
        }),
      ),
    );
  };
  answering(`${base}/:program/sessions`, "GET", sessions);
  answering(`${session}/history`, "GET", history);
  answering(session, "GET", (asked, context) => stateOf(asked, keyOf(context)));
  answering(session, "POST", async (asked, context) => {
    const text = await bodyText(context.req.raw, config.get("http-body-bytes-max"));
    if (text === undefined) throw badRequest(422, "the body is missing: send a JSON object");
    await send(asked, context, text);
    return stateOf(asked, keyOf(context));
  });
}

type Route = (session: HttpSession, context: HttpContext) => Promise<Answer>;

function keyOf({ req }: HttpContext): string {
  return `${req.param("program")}:${req.param("session")}`;
}

async function stateOf(session: HttpSession, key: string): Promise<Answer> {
  const info = accepted(await session.run(["SM.INFO", key]));
  if (!isMap(info)) throw badRequest(404, `there is no session '${key}'`);
  const context = info.get("context");
  const data = typeof context === "string" ? rawMembers(context) : [];
  const states = info.get("state") ?? null;
  return new Map<string, Answer>([
    ...data.map(([name, value]): [string, Answer] => [name, new RawJson(value)]),
    ["id", key.slice(key.indexOf(":") + 1)],
    ["label", isList(states) ? states.join(",") : states],
    ["status", info.get("status") ?? null],
    ["rev", info.get("rev") ?? null],
  ]);
}

/** Sends a message, the text of an object. */
async function send(session: HttpSession, context: HttpContext, text: string): Promise<void> {
  const message = parseBody(text);
  const { event, type, id } = isJsonObject(message) ? message : {};
  const name = event ?? type;
  if (typeof name !== "string")
    throw badRequest(422, "a message is an object whose `event` or `type` names the event");
  if (id !== undefined && typeof id !== "string" && typeof id !== "number")
    throw badRequest(422, "the id of a message is a string or a number");
  const options = id === undefined ? [] : ["ID", typeof id === "number" ? numberText(text, id) : id];
  const definition = context.req.param("program") ?? "";
  accepted(await session.run(["SM.SEND", keyOf(context), name, text, ...options, "DEF", definition]));
}

/** The text of the number `id` of a message: that of the message where a double does not hold it. */
function numberText(message: string, id: number): string {
  const raw = new Map(rawMembers(message)).get("id") ?? "";
  return isExactNumber(raw) ? String(id) : raw;
}

const history: Route = async (session, context) => {
  const entries = accepted(await session.run(["SM.HISTORY", keyOf(context), "-", "+", "COUNT", PAGE_COUNT]));
  if (entries === null) throw badRequest(404, `there is no session '${keyOf(context)}'`);
  return withJson(entries, HISTORY_JSON);
};

const sessions: Route = async (session, context) => {
  const program = context.req.param("program") ?? "";
  const cursor = context.req.query("cursor") ?? "0";
  const page = accepted(await session.run(["SM.SCAN", cursor, "DEF", program, "COUNT", PAGE_COUNT]));
  const [next = "0", keys = []] = isList(page) ? page : [];
  const own = isList(keys) ? keys.flatMap((key) => sessionOf(key, program)) : [];
  return new Map<string, Answer>([
    ["sessions", own],
    ["cursor", next],
  ]);
};

function sessionOf(key: Answer, program: string): readonly string[] {
  return typeof key === "string" && key.startsWith(`${program}:`) ? [key.slice(program.length + 1)] : [];
}
