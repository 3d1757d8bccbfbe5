/** What FLUSHDB and FLUSHALL do to a database. */
import type { Database } from "../../keyspace/database.ts";
import type { Databases } from "../../keyspace/databases.ts";
import { copyDefinition, listDefinitions } from "../../machines/definitions.ts";
import { plansOf, putPlan } from "../../machines/migration/stored.ts";

/**
 * Removes every key. Definitions go too, unless the store is one partition of several: they belong to the cluster, whose
 * other partitions keep them, and so do the plans of migrations between them.
 */
export function emptyDatabase(databases: Databases, index: number): void {
  if (databases.place.count === 1) {
    databases.flush(index);
    return;
  }
  const before: Database = databases.at(index);
  const definitions = listDefinitions(before);
  const plans = plansOf(before);
  databases.flush(index);
  const after = databases.at(index);
  for (const definition of definitions) copyDefinition(definition, after);
  for (const plan of plans) putPlan(after, plan);
}
