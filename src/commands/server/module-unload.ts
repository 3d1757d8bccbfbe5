/** MODULE UNLOAD name: refused; the one module there is keeps data, and there is no other. */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { MODULE_NAME } from "./module-list.ts";

export const moduleUnload = {
  name: "MODULE|UNLOAD",
  run: ({ args }) => {
    throw argument(args, 2).toString("latin1") === MODULE_NAME
      ? errors.moduleHasTypes()
      : errors.noSuchModule();
  },
} as const satisfies Handler;
