/** MODULE LOADEX path [CONFIG name value …] [ARGS arg …]: always refused, there is nothing that could load one. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

export const moduleLoadex = {
  name: "MODULE|LOADEX",
  run: () => {
    throw errors.moduleNotLoaded();
  },
} as const satisfies Handler;
