/** COMMAND DOCS [command-name [command-name …]]: documents the commands named, or all. */
import { commandDocs as documentation } from "../../catalogue/docs.ts";
import type { Handler } from "../handler.ts";

export const commandDocs = {
  name: "COMMAND|DOCS",
  run: ({ args, server }) => documentation(server.catalogue, args.slice(2)),
} as const satisfies Handler;
