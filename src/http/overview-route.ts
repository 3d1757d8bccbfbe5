/**
 * GET /api/v1/overview: the fields of INFO that tell how machines and the server are. In a cluster, what is counted is the sum over all
 * servers; what one server is like, such as its memory, is that of the one that is asked.
 */
import type { Hono } from "hono";
import type { Access } from "./access.ts";
import { type Env, withSession } from "./app-context.ts";
import { type Elsewhere, isAway, placeOf } from "./elsewhere.ts";
import { membersWithMissing } from "./gathered.ts";
import { accepted } from "./problem.ts";

/** Other sections take longer than all of these. */
const SECTIONS = ["clients", "memory", "persistence", "stats", "statemachine", "commandstats", "errorstats"];

type Fields = ReadonlyMap<string, string>;

export function addOverview(app: Hono<Env>, access: Access): void {
  app.get("/api/v1/overview", (context) =>
    withSession(context, access, async (session) => {
      const request = ["INFO", ...SECTIONS];
      const own = fieldsIn(accepted(await session.run(request)));
      const missing: Elsewhere[] = [];
      const counted: Fields[] = [];
      for (const { answer, partitions } of await session.runAtAll(request)) {
        if (answer === undefined || isAway(answer)) missing.push(...partitions.map(placeOf));
        else counted.push(fieldsIn(accepted(answer)));
      }
      const fields = Object.fromEntries([...own, ...counted.reduce(summed, new Map())]);
      const body = { servers: Math.max(1, counted.length), fields };
      return context.json(membersWithMissing(body, missing), 200, {
        "cache-control": "no-store",
      });
    }),
  );
}

function fieldsIn(info: unknown): Fields {
  const lines = String(info).split("\r\n");
  return new Map(
    lines
      .filter((line) => line.includes(":") && !line.startsWith("#"))
      .map((line): [string, string] => {
        // Names of definitions have colons; values of such lines have none.
        const at = /^(?:definition|state|group)_/.test(line) ? line.lastIndexOf(":") : line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
}

type Rule = (a: string, b: string) => string;

const sum: Rule = (a, b) => String(Number(a) + Number(b));
const most: Rule = (a, b) => String(Math.max(Number(a), Number(b)));
/** Of values such as `active=3,failed=1`. */
const sums: Rule = (a, b) => {
  const counts = new Map<string, number>();
  for (const part of [a, b].flatMap((value) => value.split(","))) {
    const [name = "", count = "0"] = part.split("=");
    counts.set(name, (counts.get(name) ?? 0) + Number(count));
  }
  return Array.from(counts, ([name, count]) => `${name}=${count}`).join(",");
};
const RULES: ReadonlyArray<readonly [form: RegExp, rule: Rule]> = [
  [/^(?:machines_overdue|timers_lateness|letters_waiting)_ms$/, most],
  [/^(?:definition|state|errorstat)_/, sums],
  [/^(?:machines|timers|tasks|letters)(?:_|$)/, sum],
  [/^(?:dead_letters|refusals_kept|internal_errors|connected_clients|blocked_clients)$/, sum],
  [/^(?:instantaneous_ops_per_sec|total_commands_processed)$/, sum],
  [/^aof_last_write_status$/, (a, b) => (a === "ok" ? b : a)],
  // Streams of different partitions have different names.
  [/^group_/, (a) => a],
];

/** The fields that are of all servers: of two, together. */
function summed(all: Fields, more: Fields): Fields {
  const found = new Map(all);
  for (const [name, value] of more) {
    const rule = RULES.find(([form]) => form.test(name))?.[1];
    const known = all.get(name);
    if (rule !== undefined) found.set(name, known === undefined ? value : rule(known, value));
  }
  return found;
}
