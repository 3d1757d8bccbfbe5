/**
 * The audit stream (`sm-audit-stream`): who did what that is administrative or forced. An entry is in the commit of
 * what it tells of, and tells of what was refused too once it was begun. It holds no password.
 */
import type { Command } from "../catalogue/command.ts";
import { isForced } from "../clients/users/permission.ts";
import { configuredStream } from "../machines/stream-names.ts";
import * as errors from "../protocol/errors.ts";
import { appendEntry } from "../streams/append.ts";
import { fieldsOf } from "../streams/entry-fields.ts";
import type { Route } from "./route.ts";
import type { Run } from "./run.ts";
import { shownArguments, shownMessage } from "./secrets.ts";

/** What changes users, configuration, definitions, connections or whole databases, or takes a machine off its way. */
export const AUDITED: ReadonlySet<string> = new Set([
  ...["acl|deluser", "acl|load", "acl|save", "acl|setuser"],
  ...["client|kill", "client|pause", "client|unpause", "client|unblock", "client|no-evict"],
  ...[
    "config|resetstat",
    "config|rewrite",
    "config|set",
    "debug",
    "shutdown",
    "slowlog|reset",
    "latency|reset",
  ],
  ...["module|load", "module|loadex", "module|unload", "flushall", "flushdb", "swapdb", "restore"],
  ...[
    "script|flush",
    "script|kill",
    "function|load",
    "function|delete",
    "function|flush",
    "function|restore",
  ],
  ...["SM.DEF|CREATE", "SM.DEF|DEL", "SM.DEF|IMPORT", "SM.SUSPEND", "SM.RESUME", "SM.RETRY", "SM.CANCEL"],
  ...[
    "SM.REQUEUE",
    "SM.DEMO",
    "SM.RESET",
    "SM.PATCH",
    "SM.UNDO",
    "SM.MIGRATE",
    "SM.MIGRATION|START",
    "SM.MIGRATION|UNDO",
  ],
]);

/** As in a slow log: an entry must not hold what a client sent in full. */
const ARGUMENTS_MAX = 32;
const ARGUMENT_CHARACTERS_MAX = 256;

/** Whether requests of a command are reported: all of them, or those with FORCE. */
export function mayBeAudited({ name }: Command): boolean {
  return AUDITED.has(name) || name === "SM.MUTATE";
}

/** What is reported of a request; undefined for nothing. `name` is that of the stream. */
export interface Audit {
  readonly name: string;
  readonly args: readonly Buffer[];
}

/**
 * Before a request of a command that may be audited runs, or is tried again; `args` are those it came with.
 * @throws ReplyError when the stream cannot be written: nothing then goes unseen
 */
export function beginAudit(
  { handler }: Route,
  { command, server, databases }: Run,
  args: readonly Buffer[],
): Audit | undefined {
  const name = server.config.values["sm-audit-stream"];
  if (!AUDITED.has(command.name) && !isForced(command, args)) return undefined;
  if (handler?.isPlan?.(args) === true) return undefined;
  const record = name === "" ? undefined : databases.at(0).find(configuredStream(databases.place, name));
  if (record !== undefined && record.type !== "stream") throw errors.auditBlocked(name);
  return { name, args };
}

/** After it: `outcome` is "OK", "begun" for one that waits, or its error. One that names the stream is the first to be in it. */
export function endAudit(run: Run, audit: Audit, outcome: string): void {
  const { server, session, databases, command, nowMs } = run;
  const name = audit.name === "" ? server.config.values["sm-audit-stream"] : audit.name;
  if (name === "") return;
  const shown = shownArguments(command.name, audit.args)
    .slice(command.declaration.container === undefined ? 1 : 2, ARGUMENTS_MAX)
    .map((arg) => arg.toString("utf8").slice(0, ARGUMENT_CHARACTERS_MAX));
  const fields = fieldsOf([
    ["user", Buffer.from(session.user.name, "latin1")],
    ["addr", session.address],
    ["client", session.name],
    ["db", session.database],
    ["command", command.name.toLowerCase()],
    ["args", JSON.stringify(shown)],
    ["outcome", shownMessage(command.name, audit.args, outcome)],
  ]);
  appendEntry(databases.at(0), configuredStream(databases.place, name), fields, {
    nowMs,
    lengthMax: server.config.values["sm-audit-maxlen"],
  });
}
