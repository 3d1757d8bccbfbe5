/** SM.DEF DEL name:version: removes a definition that no machine is pinned to and no definition names. */

import {
  findDefinition,
  machineCountOf,
  referenceCountOf,
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
    const users = machineCountOf(db, { name, version }) + referenceCountOf(db, { name, version });
    if (users > 0) throw errors.definitionInUse(users);
    removeDefinition(db, { name, version });
    return 1;
  },
} as const satisfies Handler;
