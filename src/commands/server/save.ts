/**
 * SAVE: brings everything committed to disk. After a failed commit it tries whether the store can be written again:
 * what an operator does when the disk has space again.
 */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { flushStore } from "./flush-store.ts";

export const save = {
  name: "SAVE",
  run: (call) => {
    flushStore(call);
    return OK;
  },
} as const satisfies Handler;
