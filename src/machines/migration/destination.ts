/** Where machines are to go: the definition, and the way there from the one they have. */
import { type MigrationMap, NO_MAP } from "../../engine/migration-map.ts";
import type { StoredDefinition } from "../definitions.ts";
import type { Scope } from "../subject.ts";
import type { Destination } from "./migrate.ts";

/** The way straight to a definition. */
export function directly(
  { server }: Pick<Scope, "server">,
  definition: StoredDefinition,
  map: MigrationMap = NO_MAP,
): Destination {
  const { name, version } = definition;
  return { definition: { name, version }, steps: [{ to: server.charts.chartOf(definition), map }] };
}
