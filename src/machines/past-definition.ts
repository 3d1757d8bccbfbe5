/** The definition that a machine had at a rev: the first migration after it tells. */
import { isJsonObject } from "../base/json.ts";
import type { Database } from "../keyspace/database.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import { splitDefinitionId } from "./definitions.ts";
import { historyOf } from "./history.ts";
import type { Subject } from "./subject.ts";

/** Undefined for a map of its own. It may be that the definition is not there any more. O(number of changes since then). */
export function definitionThen(
  db: Database,
  { machine, record }: Pick<Subject, "machine" | "record">,
  rev: number,
): DefinitionName | undefined {
  const later = historyOf(db.transaction, record.id, { from: rev + 1, to: machine.rev });
  const migrated = later.find(({ kind }) => kind === "migrate");
  if (migrated === undefined) return machine.definition;
  const data = migrated.data?.value ?? null;
  const from = isJsonObject(data) ? data["from"] : undefined;
  if (typeof from !== "string") return undefined;
  const { name, version = "" } = splitDefinitionId(from);
  return { name, version };
}
