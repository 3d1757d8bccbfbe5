/** Running a script by its text, or by its SHA-1. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Script } from "../../scripts/script-engine.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { checkFlags, keysAndArguments, runScript } from "./run-script.ts";

const SHA_DIGITS = 40;

export function evaluateText(call: Call, isReadOnly: boolean): Reply {
  return evaluate(call, isReadOnly, () => call.server.scripts.add(argument(call.args, 1), false));
}

export function evaluateSha(call: Call, isReadOnly: boolean): Reply {
  const sha = argument(call.args, 1);
  if (sha.length !== SHA_DIGITS) throw errors.noScript();
  return evaluate(call, isReadOnly, () => {
    const script = call.server.scripts.find(sha.toString("latin1"));
    if (script === undefined) throw errors.noScript();
    return script;
  });
}

function evaluate(call: Call, isReadOnly: boolean, scriptOf: () => Script): Reply {
  const { keys, args } = keysAndArguments(call.args);
  const script = scriptOf();
  checkFlags(call, script.flags, isReadOnly);
  return runScript(call, script.flags, isReadOnly, (host) =>
    call.server.scripts.run(script, { keys, args, host }),
  );
}
