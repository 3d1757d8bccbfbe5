/** The handlers of the scripting group. */
import type { Handler } from "../handler.ts";
import { evalScript } from "./eval.ts";
import { evalRo } from "./eval-ro.ts";
import { evalsha } from "./evalsha.ts";
import { evalshaRo } from "./evalsha-ro.ts";
import { scriptExists } from "./script-exists.ts";
import { scriptFlush } from "./script-flush.ts";
import { scriptHelp } from "./script-help.ts";
import { scriptKill } from "./script-kill.ts";
import { scriptLoad } from "./script-load.ts";

export const SCRIPTING_HANDLERS: readonly Handler[] = [
  evalScript,
  evalRo,
  evalsha,
  evalshaRo,
  scriptExists,
  scriptFlush,
  scriptHelp,
  scriptKill,
  scriptLoad,
];
