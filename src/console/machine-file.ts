/** A machine that was exported into a file: what it is, and what it was at each revision that its history tells. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { withChanges } from "../engine/told-changes.ts";
import type { Origin } from "./fork.ts";
import type { HistoryEntry, PendingEntry } from "./told.ts";

/** What SM.INFO says of it. */
interface Info {
  readonly definition: string | null;
  readonly state: readonly string[];
  readonly status: string;
  readonly rev: number;
  readonly context: Json;
  readonly updated: number;
}

export interface MachineFile {
  readonly key: string;
  readonly definition: string;
  /** Its text. */
  readonly document: string;
  readonly info: Info;
  /** What it was at the oldest revision that the history tells; null where it tells none. */
  readonly base: Info | null;
  readonly pending: readonly PendingEntry[];
  readonly history: readonly HistoryEntry[];
}

/** Whether a text is an export, of one machine or of a whole store. */
export function isExport(text: string): boolean {
  return /^\s*\{"detent":"export"/.test(text);
}

/** Reads the file of a machine. @throws Error that says why it cannot be opened */
export function readMachineFile(text: string): MachineFile {
  const lines = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(objectOf);
  const machine = lines.find((line) => line["type"] === "machine" && isJsonObject(line["info"]));
  if (machine === undefined)
    throw new Error(
      "The file has no machine that can be opened: export one from its page, or by GET /api/v1/machines/{key}/export.",
    );
  // The server that has written the file has checked what is in it.
  const { key, info, base, pending } = machine as unknown as MachineFile;
  if (info.definition === null) throw new Error("A map machine has no definition that could be tried.");
  const definition = lines.find(
    (line) => `${String(line["definition"])}:${String(line["version"])}` === info.definition,
  );
  const document = definition?.["document"];
  if (typeof document !== "string") throw new Error(`The file has no definition ${info.definition}.`);
  const history = lines.flatMap((line) => (Array.isArray(line["history"]) ? line["history"] : []));
  return {
    ...{ key: typeof key === "string" ? key : JSON.stringify(key), definition: info.definition, document },
    ...{ info, base, pending, history: history as unknown as readonly HistoryEntry[] },
  };
}

function objectOf(line: string, index: number): JsonObject {
  try {
    const value = JSON.parse(line) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // The same as a line that is something else.
  }
  throw new Error(`Line ${index + 1} of the file is not an object in JSON.`);
}

/** Kinds of entries that hold the context whole, not what has changed of it. */
const WHOLE = new Set(["create", "set", "reset"]);

/** Where the machine was at a revision; its timers are known at the newest alone. */
export function originAt(file: MachineFile, rev: number): Origin & { readonly at: number } {
  const { info, base, pending } = file;
  const history = file.history.filter((entry) => entry.rev <= rev);
  if (rev >= info.rev || base === null) {
    const { status, state: states, context, updated: at } = info;
    return { status, states, context, ...waitsOf(pending), history, at };
  }
  let context = isJsonObject(base.context) ? base.context : {};
  for (const entry of history) {
    if (entry.rev === base.rev) continue;
    const changes = isJsonObject(entry.context as Json) ? (entry.context as JsonObject) : {};
    context = WHOLE.has(entry.kind) ? changes : withChanges(context, changes, entry.gone);
  }
  const last = history.at(-1);
  const [states, at] = [last?.to ?? base.state, last?.at ?? base.updated];
  return { status: "active", states, context, timers: [], children: [], history, at };
}

/** The timers and the children of a machine, among what is pending. */
export function waitsOf(pending: readonly PendingEntry[]): Pick<Origin, "timers" | "children"> {
  return {
    timers: pending.flatMap(({ id, kind, event, due }) =>
      kind === "timer" && due !== null ? [{ id, event, due }] : [],
    ),
    children: pending.flatMap(({ id, kind, definition }) =>
      kind === "running" ? [{ id, src: definition ?? "" }] : [],
    ),
  };
}
