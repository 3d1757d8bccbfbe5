/** ACL SAVE: writes all users to the ACL file, which is replaced in one step. */
import { fileFault } from "../../base/file-fault.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { aclFileOf } from "./reach.ts";

export const aclSave = {
  name: "ACL|SAVE",
  run: (call) => {
    const path = aclFileOf(call);
    const { files, users } = call.server;
    const text = users.lines().map((line) => `${line}\n`);
    try {
      files.replace(path, Buffer.from(text.join(""), "latin1"));
    } catch (error) {
      throw errors.aclFileNotSaved(fileFault(error));
    }
    return OK;
  },
} as const satisfies Handler;
