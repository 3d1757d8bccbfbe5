/** MODULE LIST: what a client would take for loaded modules: the one whose commands are built in. */
import { map, type Reply } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

/** The module whose commands Detent has, as clients of it look for it. */
export const MODULE_NAME = "redisstate";
export const MODULE_VERSION = 1;

export const moduleListHandler = {
  name: "MODULE|LIST",
  run: () => moduleList(),
} as const satisfies Handler;

/** As MODULE LIST and HELLO tell it. */
export function moduleList(): Reply {
  return [
    map([
      ["name", MODULE_NAME],
      ["ver", MODULE_VERSION],
      ["path", ""],
      ["args", []],
    ]),
  ];
}
