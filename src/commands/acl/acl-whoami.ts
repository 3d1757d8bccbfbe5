/** ACL WHOAMI: the user of the session. */
import type { Handler } from "../handler.ts";
import { nameOf } from "./reach.ts";

export const aclWhoami = {
  name: "ACL|WHOAMI",
  run: ({ session }) => nameOf(session.user),
} as const satisfies Handler;
