/** FUNCTION DELETE library: removes a library with all its functions. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { dropLibrary } from "./loading.ts";

export const functionDelete = {
  name: "FUNCTION|DELETE",
  run: (call) => {
    if (!dropLibrary(call, argument(call.args, 2).toString("latin1"))) throw errors.libraryNotFound();
    return OK;
  },
} as const satisfies Handler;
