/** ACL HELP: describes the ACL commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const aclHelp = {
  name: "ACL|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "ACL"),
} as const satisfies Handler;
