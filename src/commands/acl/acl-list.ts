/** ACL LIST: every user as a line that makes it again. */
import type { Handler } from "../handler.ts";

export const aclList = {
  name: "ACL|LIST",
  run: ({ server }) => server.users.lines().map((line) => Buffer.from(line, "latin1")),
} as const satisfies Handler;
