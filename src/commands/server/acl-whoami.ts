/** ACL WHOAMI: the user of the session. There is one user so far. */
import type { Handler } from "../handler.ts";

export const aclWhoami = {
  name: "ACL|WHOAMI",
  run: () => "default",
} as const satisfies Handler;
