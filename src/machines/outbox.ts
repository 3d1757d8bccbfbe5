/**
 * What a recorded change of a machine leaves for the world outside, in the commit of the change: an entry of the
 * change stream, one more for each event it has emitted, and an entry for each task it has set.
 *
 * | stream               | an entry is                                                            |
 * | -------------------- | ---------------------------------------------------------------------- |
 * | `sm:changes:<name>`  | a change of a machine of the definition `name`, or an event it emitted |
 * | `sm:changes`         | a change of a map machine, where the configuration asks for them       |
 * | `sm:tasks:<task>`    | a task (tasks.ts)                                                      |
 *
 * A key of such a name that holds something else takes no entries: a change is never refused for the sake of those
 * who listen, and what it was can still be read from the machine's history.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, bufferOf, bytesOfText } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { appendEntry } from "../streams/append.ts";
import type { Fields } from "../streams/chunk.ts";
import { fieldsOf, jsonText } from "../streams/entry-fields.ts";
import type { HistoryEntry } from "./history.ts";
import type { MachineRecord } from "./record.ts";
import { putTask, type TaskOrder } from "./tasks.ts";

/** The stream of the changes of map machines; those of a definition follow behind a colon and its name. */
const CHANGES = "sm:changes";

/** How much is kept of what machines have been through. */
export interface Keeping {
  /** Entries of history of a machine; 0: all. */
  readonly historyMax: number;
  /** Entries of a change stream, beyond those a consumer group has not acknowledged; 0: all. */
  readonly changesMax: number;
  /** Whether map machines have a change stream too. */
  readonly tellsMaps: boolean;
}

export interface RecordedChange {
  readonly key: Bytes;
  /** Id of the machine's object. */
  readonly id: number;
  /** The machine as it is now. */
  readonly machine: MachineRecord;
  readonly history: HistoryEntry;
}

/** What a change asks for outside: what the machine's history keeps as `effects`. Values are texts of JSON. */
export type OutsideEffect =
  | { readonly kind: "emit"; readonly event: string; readonly data?: string }
  | ({ readonly kind: "task" } & TaskOrder)
  | { readonly kind: "log"; readonly value: string };

/** Writes the entries of a change. Costs the same at any length of the streams. */
export function tellChange(db: Database, change: RecordedChange, keeping: Keeping): void {
  const { machine, history } = change;
  const { definition } = machine;
  if (definition === undefined && !keeping.tellsMaps) return;
  const stream = bytesOfText(definition === undefined ? CHANGES : `${CHANGES}:${definition.name}`);
  const options = { lengthMax: keeping.changesMax, nowMs: history.atMs };
  appendEntry(db, stream, changeFields(change), options);
  let taskCount = 0;
  for (const effect of effectsOf(history)) {
    if (effect.kind === "emit") appendEntry(db, stream, emitFields(change, effect), options);
    else if (effect.kind === "task") {
      taskCount += 1;
      putTask(db, { ...change, ...effect, number: taskCount, trace: history.trace }, options);
    }
  }
}

/** The values that a change has logged, as the text of a JSON list; undefined for none. */
export function logOf(entry: Pick<HistoryEntry, "effects">): string | undefined {
  const values = effectsOf(entry).flatMap((effect) => (effect.kind === "log" ? [effect.value] : []));
  return values.length === 0 ? undefined : `[${values.join(",")}]`;
}

function effectsOf({ effects }: Pick<HistoryEntry, "effects">): readonly OutsideEffect[] {
  if (effects === undefined) return [];
  assert(Array.isArray(effects), "the effects of a change");
  // Written into the entry by whoever made the change, from the effects of the engine.
  return effects as unknown as readonly OutsideEffect[];
}

function changeFields({ key, machine, history }: RecordedChange): Fields {
  const { kind, event, id, by, reason, from, to, via, data, context, output, atMs, stampMs, rev } = history;
  return fieldsOf([
    ["key", bufferOf(key)],
    ["def", definitionId(machine)],
    ["rev", rev],
    ["kind", kind],
    ["event", event],
    ["id", id],
    ["by", by],
    ["reason", reason],
    ["from", JSON.stringify(from)],
    ["to", JSON.stringify(to)],
    ["via", via === undefined ? undefined : JSON.stringify(via)],
    ["data", data?.text],
    ["context", jsonText(context)],
    ["log", logOf(history)],
    ["output", jsonText(output)],
    ["trace", history.trace],
    ["at", atMs],
    ["stamp", stampMs],
  ]);
}

function emitFields(
  { key, machine, history }: RecordedChange,
  { event, data }: Extract<OutsideEffect, { kind: "emit" }>,
): Fields {
  return fieldsOf([
    ["key", bufferOf(key)],
    ["def", definitionId(machine)],
    ["rev", history.rev],
    ["kind", "emit"],
    ["event", event],
    ["data", data],
    ["at", history.atMs],
  ]);
}

/** `name:version`; undefined for a map machine. */
function definitionId({ definition }: MachineRecord): string | undefined {
  return definition === undefined ? undefined : `${definition.name}:${definition.version}`;
}
