/** SM.DEF CREATE name[:version] json: stores a definition that compiles; the same document again is no change. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { createDefinition, definitionName } from "./create-definition.ts";
import { definitionText } from "./definition-text.ts";

export const smDefCreate = {
  name: "SM.DEF|CREATE",
  run: (call) => {
    const name = definitionName(argument(call.args, 2));
    return createDefinition(call, name, definitionText(call.server, argument(call.args, 3)));
  },
} as const satisfies Handler;
