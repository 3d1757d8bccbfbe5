/** SM.DEF DEL name:version: removes a definition that no machine is pinned to, and no definition names
 * and no migration that is under way needs. The plans that lead to it, or from it alone, go with it. */

import {
  findDefinition,
  machineCountOf,
  referenceCountOf,
  removeDefinition,
  splitDefinitionId,
} from "../../machines/definitions.ts";
import { jobsThatNeed } from "../../machines/migration/jobs.ts";
import { dropPlans } from "../../machines/migration/stored.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smDefDel = {
  name: "SM.DEF|DEL",
  run: ({ args, db }) => {
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    if (version === undefined) throw errors.err(`SM.DEF DEL needs a version: ${name}:version`);
    if (findDefinition(db, name, version) === undefined) return 0;
    const definition = { name, version };
    const users =
      machineCountOf(db, definition) + referenceCountOf(db, definition) + jobsThatNeed(db, definition);
    if (users > 0) throw errors.definitionInUse(users);
    removeDefinition(db, definition);
    dropPlans(db, definition);
    return 1;
  },
} as const satisfies Handler;
