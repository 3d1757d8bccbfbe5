/**
 * GET /api/v1/failures: the machines with failed steps, grouped by their cause: definition, state, event, code and text. They are found
 * by a walk over the machines in states with failed ones, which has a bound; `cursor` goes on where it ended. When a group has failed first
 * and last is in the histories of its machines: of a large group, those are read that have changed longest ago and last.
 */
import type { Hono } from "hono";
import type { Access } from "./access.ts";
import { type Answer, isList, isMap, jsonOf } from "./answer.ts";
import { type Env, withSession } from "./app-context.ts";
import { withMissing } from "./gathered.ts";
import { gatherCount, gatherPage } from "./gathering.ts";
import type { HttpSession } from "./http-session.ts";
import { accepted } from "./problem.ts";

/** Machines that are looked at for one answer, in steps of so many. */
const LOOKED_MAX = 50_000;
const PAGE = 1000;
/** Failed machines that are grouped in one answer. */
const FAILED_MAX = 2000;
/** Entries of history in which the time of a failure is looked for. */
const ENTRIES = 50;
/** Histories that are read for one answer, and of the machines at each end of a group. */
const HISTORIES_MAX = 400;
const HISTORIES_AT_END = 10;

interface Failed {
  readonly key: string;
  readonly event: string;
  readonly updated: number;
}

interface Group {
  readonly definition: string | null;
  readonly state: string;
  readonly event: string;
  readonly code: string;
  readonly message: string;
  readonly failed: Failed[];
}

export function addFailures(app: Hono<Env>, access: Access): void {
  app.get("/api/v1/failures", (context) =>
    withSession(context, access, async (session) => {
      const definition = context.req.query("definition") ?? "";
      const found = await failedMachines(session, context.req.query("cursor") ?? "0", definition);
      const groups = await grouped(session, found.machines);
      const body = new Map<string, Answer>([
        ["groups", groups],
        ["machines", found.machines.length],
        ["cursor", found.cursor],
      ]);
      const headers = { "content-type": "application/json", "cache-control": "no-store" };
      return context.body(`${jsonOf(withMissing(body, found.missing))}\n`, 200, headers);
    }),
  );
}

interface Machine {
  readonly key: string;
  readonly info: ReadonlyMap<string, Answer>;
}

async function failedMachines(session: HttpSession, from: string, definition: string) {
  const machines: Machine[] = [];
  let cursor = from;
  const filter = ["STATUS", "failed", ...(definition === "" ? [] : ["DEF", definition])];
  const counted = await gatherCount(["SM.COUNT", ...filter], session);
  const failed = accepted(counted.answer);
  const missing = new Map(counted.missing.map((row) => [row.partition, row]));
  // How many there are is known from a counter: when all are found, the rest need not be looked at.
  const wanted = from === "0" ? Math.min(FAILED_MAX, Number(failed)) : FAILED_MAX;
  if (wanted === 0) return { machines, cursor: "0", missing: [...missing.values()] };
  for (let looked = 0; looked < LOOKED_MAX && machines.length < wanted; looked += PAGE) {
    const request = ["SM.SCAN", cursor, ...filter, "COUNT", String(PAGE), "WITHINFO"];
    const gathered = await gatherPage(request, session);
    for (const row of gathered.missing) missing.set(row.partition, row);
    const page = accepted(gathered.answer);
    const [next = "0", rows = []] = isList(page) ? page : [];
    for (const row of isList(rows) ? rows : []) {
      const [key, info] = isList(row) ? row : [];
      if (typeof key === "string" && info !== undefined && isMap(info)) machines.push({ key, info });
    }
    cursor = String(next);
    if (cursor === "0") break;
  }
  return {
    machines,
    cursor: machines.length >= Number(failed) ? "0" : cursor,
    missing: [...missing.values()],
  };
}

async function grouped(session: HttpSession, machines: readonly Machine[]): Promise<readonly Answer[]> {
  const answers = await session.runAll(machines.map(({ key }) => ["SM.PENDING", key]));
  const groups = new Map<string, Group>();
  for (const [index, machine] of machines.entries())
    for (const step of mapsOf(answers[index] ?? null))
      if (step.get("kind") === "failed") note(groups, machine, step);
  const rows: Array<ReadonlyMap<string, Answer>> = [];
  let left = HISTORIES_MAX;
  for (const group of [...groups.values()].sort((a, b) => b.failed.length - a.failed.length)) {
    const read = endsOf(group.failed).slice(0, left);
    left -= read.length;
    rows.push(rowOf(group, await timesOf(session, read)));
  }
  return rows.sort(
    (a, b) =>
      Number(b.get("count")) - Number(a.get("count")) || Number(b.get("last")) - Number(a.get("last")),
  );
}

function note(groups: Map<string, Group>, { key, info }: Machine, step: ReadonlyMap<string, Answer>): void {
  const [error, event] = [String(step.get("error") ?? ""), String(step.get("event") ?? "")];
  const [code = "", ...rest] = error.split(" ");
  const state = stateOf(info.get("state"));
  const definition = info.get("definition");
  // The values that were read differ from machine to machine, and are in parentheses at the end.
  const message = rest.join(" ").replace(/ \([^()]* = .*\)$/, "");
  const cause = JSON.stringify([definition, state, event, code, message]);
  const group = groups.get(cause) ?? {
    ...{ definition: typeof definition === "string" ? definition : null, state, event, code, message },
    failed: [],
  };
  groups.set(cause, group);
  group.failed.push({ key, event, updated: Number(info.get("updated") ?? 0) });
}

/** The steps of the machines that have changed longest ago, and last: no machine has failed behind its last change. */
function endsOf(failed: readonly Failed[]): readonly Failed[] {
  const sorted = failed.toSorted((a, b) => a.updated - b.updated);
  return sorted.length <= 2 * HISTORIES_AT_END
    ? sorted
    : [...sorted.slice(0, HISTORIES_AT_END), ...sorted.slice(-HISTORIES_AT_END)];
}

async function timesOf(session: HttpSession, failed: readonly Failed[]): Promise<readonly number[]> {
  const histories = await session.runAll(
    failed.map(({ key }) => ["SM.HISTORY", key, "-", "+", "REV", "COUNT", String(ENTRIES)]),
  );
  return failed.map(({ event, updated }, index) => {
    const entry = mapsOf(histories[index] ?? null).find(
      (one) => one.get("kind") === "failed" && one.get("event") === event,
    );
    return Number(entry?.get("at") ?? updated);
  });
}

function rowOf({ failed, ...cause }: Group, times: readonly number[]): ReadonlyMap<string, Answer> {
  const known = times.length > 0 ? times : failed.map(({ updated }) => updated);
  const count = failed.length;
  const keys = [...new Set(failed.map(({ key }) => key))];
  return new Map<string, Answer>(
    Object.entries({ ...cause, count, first: Math.min(...known), last: Math.max(...known), keys }),
  );
}

function stateOf(state: Answer | undefined): string {
  return state !== undefined && isList(state) ? state.map(String).join(", ") : "";
}

function mapsOf(answer: Answer): ReadonlyArray<ReadonlyMap<string, Answer>> {
  return isList(answer) ? answer.filter((one) => isMap(one)) : [];
}
