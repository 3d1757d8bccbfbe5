/** MODULE LOAD path [arg [arg …]]: always refused, there is nothing that could load one. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

export const moduleLoad = {
  name: "MODULE|LOAD",
  run: () => {
    throw errors.moduleNotLoaded();
  },
} as const satisfies Handler;
