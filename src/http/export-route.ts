/**
 * GET …/machines/{key}/export: a machine with its history as a file, in the form of `detent export`, so that `detent import` reads it, and
 * with what the console needs to open it without a server.
 */
import type { Hono } from "hono";
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { slotOf } from "../cluster/slots.ts";
import { DETENT_VERSION } from "../commands/versions.ts";
import { definitionsFor, machineExportLines, type Readable } from "../export/machine-export.ts";
import type { Database } from "../keyspace/database.ts";
import { readAt } from "../keyspace/held.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { Access } from "./access.ts";
import { type Answer, AnswerError, isList, isMap, jsonOf } from "./answer.ts";
import { type Env, withSession } from "./app-context.ts";
import type { HttpSession } from "./http-session.ts";
import { HISTORY_JSON } from "./machine-operations.ts";
import { withJson } from "./operation.ts";
import { accepted, Problem } from "./problem.ts";

/** Entries of history in the readable part; the parts that an import takes have all. */
const ENTRIES_MAX = 10_000;
const ENTRIES_PER_LINE = 100;
/** The file is made at once: what takes longer holds others up. */
const CHARS_MAX = 16 << 20;

export function addExport(app: Hono<Env>, access: Access): void {
  const { partitions, clock, config } = access.server;
  app.get("/api/v1/machines/:key/export", (context) =>
    withSession(context, access, async (session) => {
      const key = context.req.param("key");
      const readable = await readableOf(session, key);
      const nowMs = clock.now();
      const slot = slotOf(Buffer.from(key, "utf8"));
      const options = { count: config.get("databases"), nowMs };
      const db = readAt(partitions, slot, options).at(session.session.database);
      const { store } = partitions.of(slot) ?? partitions.home;
      const [place, record] = recordAt(db, key);
      await assertReadable(session, definitionsFor(db, record));
      const head = { version: DETENT_VERSION, position: store.position, nowMs };
      const text = textOf(machineExportLines(db, place, record, head, readable));
      // What was read last may not be on disk yet; this answers when it is.
      accepted(await session.run(["SM.STATE", key]));
      return context.body(text, 200, {
        "content-type": "application/jsonl",
        "content-disposition": `attachment; filename="${key.replaceAll(/[^\w.-]+/g, "-")}.detent.jsonl"`,
        "cache-control": "no-store",
      });
    }),
  );
}

const NO_MACHINE = "NOMACHINE there is no such machine";

function recordAt(db: Database, key: string): readonly [Bytes, KeyRecord] {
  const place = bytesOf(Buffer.from(key, "utf8"));
  const record = db.find(place);
  if (record?.type !== "machine") throw new Problem(new AnswerError(NO_MACHINE));
  return [place, record];
}

/** @throws Problem when the user may not read one of the definitions */
async function assertReadable(
  session: HttpSession,
  definitions: ReturnType<typeof definitionsFor>,
): Promise<void> {
  for (const { name, version } of definitions)
    accepted(await session.run(["SM.DEF", "GET", `${name}:${version}`]));
}

/** The readable part: what the user may read of the machine by commands. @throws Problem */
async function readableOf(session: HttpSession, key: string): Promise<Readable> {
  const answers = await session.runAll([
    ["SM.INFO", key],
    ["SM.HISTORY", key, "-", "+", "REV", "COUNT", String(ENTRIES_MAX)],
    ["SM.PENDING", key],
  ]);
  const [info = null, history = null, pending = null] = answers.map(accepted);
  if (!isMap(info)) throw new Problem(new AnswerError(NO_MACHINE));
  const entries = isList(history) ? history.toReversed() : [];
  const oldest = isMap(entries[0]) ? entries[0].get("rev") : undefined;
  const base =
    oldest === undefined ? null : accepted(await session.run(["SM.INFO", key, "REV", String(oldest)]));
  const first = new Map<string, Answer>([
    ["info", withJson(info, ["context", "output"])],
    ["base", isMap(base) ? withJson(base, ["context", "output"]) : null],
    ["pending", withJson(pending, ["data"])],
  ]);
  const more: string[] = [];
  for (let at = 0; at < entries.length; at += ENTRIES_PER_LINE) {
    const piece = withJson(entries.slice(at, at + ENTRIES_PER_LINE), HISTORY_JSON);
    more.push(jsonOf(new Map([["history", piece]])));
  }
  return { first: jsonOf(first), more };
}

function textOf(lines: Iterable<string>): string {
  const made: string[] = [];
  let chars = 0;
  for (const line of lines) {
    made.push(line);
    chars += line.length + 1;
    if (chars > CHARS_MAX)
      throw new Problem(
        new AnswerError(`TOOLARGE the machine takes more than ${CHARS_MAX >> 20} MB: use 'detent export'`),
      );
  }
  return `${made.join("\n")}\n`;
}
