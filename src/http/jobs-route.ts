/**
 * Bulk jobs: POST /api/v1/jobs chooses machines and an action, `…/start` begins once one has seen how many there are, `…/stop`
 * ends it, `…/undo` makes a job that takes it back.
 */
import type { Hono } from "hono";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { JobQuestion } from "../commands/other-servers.ts";
import { type Access, openSession } from "./access.ts";
import { type Env, type HttpContext, peerOf, withSession } from "./app-context.ts";
import { bodyText, parseBody, rawMembers } from "./body.ts";
import { ACTIONS, FILTERS, MACHINES_MAX, RATE_MAX, type Task } from "./bulk-task.ts";
import { answerOtherServers, begun, jobAnswer } from "./job-steps.ts";
import { summaryOf } from "./job-summary.ts";
import type { Jobs } from "./jobs.ts";
import { badRequest } from "./problem.ts";

const OUTCOMES = ["done", "unchanged", "refused", "waiting"];

export function addJobs(app: Hono<Env>, access: Access): void {
  const { jobs, server } = access;
  answerOtherServers(access);
  const asked = (step: JobQuestion["step"]) => (context: HttpContext) =>
    withSession(context, access, async ({ session }) => {
      const { user, database, address } = session;
      const question = {
        id: context.req.param("id") ?? "",
        step,
        address,
        ...(step === "read" ? wantedResults(context) : {}),
      };
      const { status, job } = await jobAnswer(access, { user: user.name, database }, question);
      return reply(context, job, status);
    });
  app.get("/api/v1/jobs", (context) =>
    withSession(context, access, async ({ session }) => {
      return reply(context, { jobs: allJobs(jobs, session.user.name, session.database) });
    }),
  );
  app.post("/api/v1/jobs", async (context) => {
    // Who may not ask learns nothing of the form of the body.
    await withSession(context, access, async () => undefined);
    const text = await bodyText(context.req.raw, server.config.get("http-body-bytes-max"));
    const task = taskOf(text ?? "");
    const session = await openSession(access, context.req.raw, peerOf(context));
    return reply(context, summaryOf(await begun(access, session, task)), 201);
  });
  app.get("/api/v1/jobs/:id", asked("read"));
  app.post("/api/v1/jobs/:id/start", asked("start"));
  app.post("/api/v1/jobs/:id/stop", asked("stop"));
  app.post("/api/v1/jobs/:id/undo", asked("undo"));
}

/** Those of all servers, the latest first. */
function allJobs(jobs: Jobs, user: string, database: number): readonly JsonObject[] {
  const own = jobs.list(user, database).map(summaryOf);
  const others = jobs.others?.list(user, database) ?? [];
  return [...own, ...others].sort((a, b) => Number(b["created"]) - Number(a["created"]));
}

function reply(context: HttpContext, value: Json, status: 200 | 201 = 200): Response {
  return context.json(value, status, { "cache-control": "no-store" });
}

/** @throws Problem 422 */
function wantedResults(context: HttpContext): Pick<JobQuestion, "outcome" | "from"> {
  const [outcome, from] = [context.req.query("outcome"), Number(context.req.query("from") ?? 0)];
  if (outcome !== undefined && !OUTCOMES.includes(outcome))
    throw badRequest(422, `'outcome' is ${OUTCOMES.join(", ")}`);
  if (!Number.isSafeInteger(from) || from < 0) throw badRequest(422, "'from' is a number, 0 for the first");
  return { outcome, from };
}

/** @throws Problem 422 */
function taskOf(text: string): Task {
  const body = parseBody(text);
  if (!isJsonObject(body)) throw badRequest(422, 'the body is an object: {"action": "retry", "filter": {…}}');
  const known = ["action", "filter", "keys", "event", "data", "reason", "rate"];
  const odd = Object.keys(body).find((name) => !known.includes(name));
  if (odd !== undefined)
    throw badRequest(422, `there is no field '${odd.slice(0, 64)}'; there are ${known.join(", ")}`);
  const action = ACTIONS.find((one) => one === body["action"]);
  if (action === undefined) throw badRequest(422, `'action' is ${ACTIONS.join(", ")}`);
  const { event = "", reason = "", rate = 100 } = body;
  if (typeof event !== "string" || typeof reason !== "string")
    throw badRequest(422, "'event' and 'reason' are strings");
  if ((action === "send") !== (event !== ""))
    throw badRequest(422, "'event' belongs to 'send', which needs one");
  if (typeof rate !== "number" || !(rate >= 0.1 && rate <= RATE_MAX))
    throw badRequest(422, `'rate' is machines a second, from 0.1 to ${RATE_MAX}`);
  // As it was sent: the numbers in it may be such as a double does not hold.
  const data = new Map(rawMembers(text)).get("data") ?? "";
  return { action, event, reason, rate, data, filter: filterOf(body["filter"] ?? {}), keys: keysOf(body) };
}

function filterOf(given: Json): Task["filter"] {
  const names = FILTERS.map(([name]) => name);
  if (!isJsonObject(given)) throw badRequest(422, `'filter' is an object with any of ${names.join(", ")}`);
  const odd = Object.keys(given).find((name) => !names.some((one) => one === name));
  if (odd !== undefined)
    throw badRequest(422, `there is no filter '${odd.slice(0, 64)}'; there are ${names.join(", ")}`);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name];
      if (value === undefined || value === "") return [];
      if (typeof value !== "string" && typeof value !== "number")
        throw badRequest(422, `the filter '${name}' is a string`);
      return [[name, String(value)]];
    }),
  );
}

function keysOf({ keys, filter }: JsonObject): readonly string[] | undefined {
  if (keys === undefined) return undefined;
  if (filter !== undefined)
    throw badRequest(422, "machines are chosen by 'filter' or by 'keys', not by both");
  const isList = Array.isArray(keys) && keys.every((key: Json): key is string => typeof key === "string");
  if (!isList || keys.length > MACHINES_MAX)
    throw badRequest(422, `'keys' is a list of at most ${MACHINES_MAX} keys`);
  return [...new Set(keys)];
}
