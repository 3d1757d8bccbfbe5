/** CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>: tells which library the client uses. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { isPrintable } from "./client-name.ts";

export const clientSetinfo = {
  name: "CLIENT|SETINFO",
  run: ({ args, session }) => {
    const attribute = argument(args, 2);
    const value = argument(args, 3);
    const name = token(attribute);
    if (name !== "LIB-NAME" && name !== "LIB-VER") throw errors.unknownClientAttribute(attribute);
    if (!isPrintable(value)) throw errors.invalidClientAttribute(attribute);
    if (name === "LIB-NAME") session.libraryName = value.toString("latin1");
    else session.libraryVersion = value.toString("latin1");
    return OK;
  },
} as const satisfies Handler;
