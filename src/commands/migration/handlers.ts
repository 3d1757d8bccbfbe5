/** The handlers of what brings machines to other definitions. */
import type { Handler } from "../handler.ts";
import { smMigrate } from "./sm-migrate.ts";

export const MIGRATION_HANDLERS: readonly Handler[] = [smMigrate];
