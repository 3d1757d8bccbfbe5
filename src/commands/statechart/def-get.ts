/** SM.DEF GET name[:version]: the document of a definition, as it was given; the newest without a version. */

import { findDefinition, splitDefinitionId } from "../../machines/definitions.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smDefGet = {
  name: "SM.DEF|GET",
  run: ({ args, db }) => {
    const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
    return findDefinition(db, name, version)?.document ?? null;
  },
} as const satisfies Handler;
