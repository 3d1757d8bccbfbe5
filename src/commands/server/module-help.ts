/** MODULE HELP: describes the MODULE commands, in the words Redis has for it. */
import { simple } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

const LINES = [
  "MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
  "LIST",
  "    Return a list of loaded modules.",
  "LOAD <path> [<arg> ...]",
  "    Load a module library from <path>, passing to it any optional arguments.",
  "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
  "    Load a module library from <path>, while passing it module configurations and optional arguments.",
  "UNLOAD <name>",
  "    Unload a module.",
  "HELP",
  "    Prints this help.",
].map(simple);

export const moduleHelp = {
  name: "MODULE|HELP",
  run: () => LINES,
} as const satisfies Handler;
