/** ACL GENPASS [bits]: a password by chance, in hexadecimal digits. */
import { randomBytes } from "node:crypto";
import * as errors from "../../protocol/errors.ts";
import { safeInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const BITS_DEFAULT = 256;
const BITS_MAX = 4096;

export const aclGenpass = {
  name: "ACL|GENPASS",
  run: ({ args }) => {
    if (args.length > 3) throw errors.unknownSubcommandOrArity("ACL", args[1] ?? Buffer.alloc(0));
    const given = args[2];
    const bits = given === undefined ? BITS_DEFAULT : safeInteger(given);
    if (bits <= 0 || bits > BITS_MAX) throw errors.passwordBits(BITS_MAX);
    const digits = Math.ceil(bits / 4);
    return randomBytes(Math.ceil(digits / 2))
      .toString("hex")
      .slice(0, digits);
  },
} as const satisfies Handler;
