/** SM.DEF LIST [name]: the ids of all definitions, or of all versions of one, in the order of creation. */

import { listDefinitions } from "../../machines/definitions.ts";
import { wrongNumberOfArguments } from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { mayUse } from "../rights.ts";

export const smDefList = {
  name: "SM.DEF|LIST",
  run: (call) => {
    const { args, db } = call;
    if (args.length > 3) throw wrongNumberOfArguments("SM.DEF|LIST");
    const [, , name] = args;
    const found = listDefinitions(db, name === undefined ? undefined : text(name, "name"));
    return found
      .map((definition) => `${definition.name}:${definition.version}`)
      .filter((id) => mayUse(call, id));
  },
} as const satisfies Handler;
