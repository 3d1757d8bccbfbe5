/** What Try begins with: a text, a definition of the server, a machine of it at any revision, or one that is in a file. */
import type { JsonObject } from "../base/json.ts";
import {
  command,
  definitionPath,
  get,
  type HistoryEntry,
  type MachineInfo,
  machinePath,
  type PendingEntry,
} from "./api.ts";
import type { Origin } from "./fork.ts";
import { type MachineFile, originAt, waitsOf } from "./machine-file.ts";

export const STORED = "detent try";
/** Entries of history that are shown, and from which history states know what they remember. */
const ENTRIES_MAX = 1000;

const FIRST = `{
  "id": "door",
  "initial": "closed",
  "context": { "opened": 0 },
  "states": {
    "closed": {
      "on": {
        "OPEN": { "target": "open", "actions": [{ "assign": { "opened": "context.opened + 1" } }] },
        "LOCK": { "guard": "event.code == 1234", "target": "locked" }
      }
    },
    "open": { "on": { "CLOSE": "closed" }, "after": { "30s": "closed" } },
    "locked": { "on": { "UNLOCK": { "guard": "event.code == 1234", "target": "closed" } } }
  }
}
`;

export interface Begun {
  readonly text: string;
  /** `name:version` of a definition; empty for a text that is none yet. */
  readonly id: string;
  readonly origin?: Origin;
  readonly nowMs: number;
}

export async function fresh(definition: string): Promise<Begun> {
  const nowMs = Date.now();
  if (definition === "") return { text: localStorage.getItem(STORED) ?? FIRST, id: "", nowMs };
  return { text: pretty(await get<unknown>(definitionPath(definition))), id: definition, nowMs };
}

/** A machine as it is, or as it was at a revision: its timers then are those that an undo would leave. */
export async function ofMachine(key: string, rev: number): Promise<Begun> {
  const now = await get<MachineInfo>(machinePath(key));
  if (now.definition === null) throw new Error("A map machine has no definition that could be tried.");
  const isPast = rev > 0 && rev < now.rev;
  const seen = isPast ? await get<MachineInfo>(`${machinePath(key)}?rev=${rev}`) : now;
  const definition = seen.definition ?? now.definition;
  const document = await get<unknown>(definitionPath(definition));
  const origin: Origin = {
    ...{ status: seen.status, states: seen.state, context: seen.context as JsonObject },
    ...(isPast ? await waitsAt(key, rev) : await waits(key)),
    history: await historyTo(key, isPast ? rev : now.rev),
  };
  return { text: pretty(document), id: definition, origin, nowMs: isPast ? seen.updated : Date.now() };
}

/** A machine that is in a file. */
export function ofFile(file: MachineFile, rev: number): Begun {
  const { at, ...origin } = originAt(file, rev);
  const nowMs = rev >= file.info.rev ? Date.now() : at;
  return { text: pretty(JSON.parse(file.document)), id: file.definition, origin, nowMs };
}

type Waits = Pick<Origin, "timers" | "children">;

async function waits(key: string): Promise<Waits> {
  const { pending } = await get<{ readonly pending: readonly PendingEntry[] }>(`${machinePath(key)}/pending`);
  return waitsOf(pending);
}

async function waitsAt(key: string, rev: number): Promise<Waits> {
  try {
    const { timers } = await command<Waits>("SM.UNDO", key, "REV", String(rev + 1), "PLAN");
    return { timers, children: [] };
  } catch {
    // It lies too far back, or the user may not ask: then no timer is known.
    return { timers: [], children: [] };
  }
}

async function historyTo(key: string, rev: number): Promise<readonly HistoryEntry[]> {
  const { history } = await get<{ readonly history: readonly HistoryEntry[] }>(
    `${machinePath(key)}/history?to=${rev}&newestFirst=true&count=${ENTRIES_MAX}`,
  );
  return history.toReversed();
}

function pretty(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
