/** The handlers of what brings machines to other definitions. */
import type { Handler } from "../handler.ts";
import {
  smMigrationHelp,
  smMigrationList,
  smMigrationPause,
  smMigrationResume,
  smMigrationStatus,
  smMigrationUndo,
} from "./control.ts";
import { smMigrationPlan } from "./plan.ts";
import { smMigrate } from "./sm-migrate.ts";
import { smMigrationStart } from "./start.ts";
import { smMigrationWhatIf } from "./whatif.ts";

export const MIGRATION_HANDLERS: readonly Handler[] = [
  smMigrate,
  smMigrationHelp,
  smMigrationList,
  smMigrationPause,
  smMigrationPlan,
  smMigrationResume,
  smMigrationStart,
  smMigrationStatus,
  smMigrationUndo,
  smMigrationWhatIf,
];
