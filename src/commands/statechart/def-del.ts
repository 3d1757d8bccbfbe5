/** SM.DEF DEL name:version: removes a definition no machine is pinned to. */

import {
  findDefinition,
  machineCountOf,
  removeDefinition,
  splitDefinitionId,
} from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smDefDel = {
  name: "SM.DEF|DEL",
  run: ({ args, db }) => {
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    if (version === undefined) throw errors.err(`SM.DEF DEL needs a version: ${name}:version`);
    if (findDefinition(db, name, version) === undefined) return 0;
    const machineCount = machineCountOf(db, { name, version });
    if (machineCount > 0) throw errors.definitionInUse(machineCount);
    removeDefinition(db, { name, version });
    return 1;
  },
} as const satisfies Handler;
