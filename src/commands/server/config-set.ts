/** CONFIG SET parameter value [parameter value …]: changes directives, all of them or none. */
import type { ConfigOutcome, Pairs } from "../../config/config.ts";
import { directiveEntry, directiveNamed } from "../../config/directives.ts";
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { waitUntilSettled } from "../settling.ts";
import { acceptOutcome } from "./config-outcome.ts";

export const configSet = {
  name: "CONFIG|SET",
  run: (call) => {
    const { args, mayWait, server } = call;
    const words = args.slice(2).map((word) => word.toString("latin1"));
    if (words.length % 2 !== 0) throw errors.syntaxError();
    const pairs: Array<readonly [string, string]> = [];
    for (let at = 0; at < words.length; at += 2) pairs.push([words[at] ?? "", words[at + 1] ?? ""]);
    if (!mayWait) refuseWhatTakesTime(pairs);
    const setting = server.config.set(pairs);
    return setting instanceof Promise ? waitUntilSettled(call, setting, replyOf) : replyOf(setting);
  },
} as const satisfies Handler;

/** Sockets are bound outside of the turn. @throws ReplyError */
function refuseWhatTakesTime(pairs: Pairs): void {
  for (const [word] of pairs) {
    const name = directiveNamed(word);
    if (name !== undefined && directiveEntry(name).rebinds) throw errors.notWithinMulti(word);
  }
}

function replyOf(outcome: ConfigOutcome): Reply {
  acceptOutcome(outcome);
  return OK;
}
