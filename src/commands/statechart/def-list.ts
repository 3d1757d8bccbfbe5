/** SM.DEF LIST [name]: the ids of all definitions, or of all versions of one, in the order of creation. */

import { listDefinitions } from "../../machines/definitions.ts";
import { wrongNumberOfArguments } from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smDefList = {
  name: "SM.DEF|LIST",
  run: ({ args, db }) => {
    if (args.length > 3) throw wrongNumberOfArguments("SM.DEF|LIST");
    const [, , name] = args;
    const found = listDefinitions(db, name === undefined ? undefined : text(name, "name"));
    return found.map((definition) => `${definition.name}:${definition.version}`);
  },
} as const satisfies Handler;
