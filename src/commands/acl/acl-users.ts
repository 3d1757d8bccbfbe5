/** ACL USERS: the names of all users. */
import type { Handler } from "../handler.ts";
import { nameOf } from "./reach.ts";

export const aclUsers = {
  name: "ACL|USERS",
  run: ({ server }) => server.users.all().map(nameOf),
} as const satisfies Handler;
