/** What a machine was after an entry of its history, as the entries until then tell it. */
import type { JsonObject } from "../base/json.ts";
import { withChanges } from "../engine/told-changes.ts";
import type { HistoryEntry, HistoryKind } from "./history.ts";

/** What a machine was after an entry: that entry, with the context as a whole and the reason of the time. */
export type Standing = Pick<
  HistoryEntry,
  "rev" | "atMs" | "kind" | "from" | "to" | "reason" | "context" | "status" | "output"
> & {
  /** An earlier version kept a null for what was removed: one of the context may be none. */
  readonly isUnsure?: true | undefined;
};

/** Entries that hold the context whole, not what has changed of it. */
const WHOLE_CONTEXT: ReadonlySet<HistoryKind> = new Set(["create", "set", "reset"]);

/** What a machine is after one more entry. */
export function standingAfter(before: Standing | undefined, entry: HistoryEntry): Standing {
  const { rev, atMs, kind, from, to, status, output } = entry;
  const isWhole = WHOLE_CONTEXT.has(kind);
  const context = isWhole ? (entry.context ?? {}) : changed(before?.context, entry);
  const isUnsure = isWhole ? undefined : (before?.isUnsure ?? (mayHaveLost(entry) ? true : undefined));
  return { rev, atMs, kind, from, to, status, reason: reasonAfter(before, entry), context, output, isUnsure };
}

function reasonAfter(before: Standing | undefined, { kind, reason, rest }: HistoryEntry): string | undefined {
  if (rest?.r !== undefined) return rest.r ?? undefined;
  // That of a step that came to nothing is why it did, not the machine's.
  return kind === "refused" || kind === "failed" ? before?.reason : (reason ?? before?.reason);
}

function mayHaveLost({ isPartial, context }: HistoryEntry): boolean {
  return isPartial === true && Object.values(context ?? {}).includes(null);
}

function changed(
  context: JsonObject | undefined,
  { context: changes = {}, gone }: HistoryEntry,
): JsonObject | undefined {
  if (context === undefined) return undefined;
  return withChanges(context, changes, gone);
}
