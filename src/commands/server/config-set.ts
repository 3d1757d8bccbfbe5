/** CONFIG SET parameter value [parameter value …]: changes directives, all of them or none. */
import type { ConfigOutcome, Pairs } from "../../config/config.ts";
import { directiveEntry, directiveNamed } from "../../config/directives.ts";
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import type { Call, Handler, Wait } from "../handler.ts";
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
    if (setting instanceof Promise) return outcomeOf(setting, call);
    acceptOutcome(setting);
    return OK;
  },
} as const satisfies Handler;

/** Sockets are bound outside of the turn. @throws ReplyError */
function refuseWhatTakesTime(pairs: Pairs): void {
  for (const [word] of pairs) {
    const name = directiveNamed(word);
    if (name !== undefined && directiveEntry(name).rebinds) throw errors.notWithinMulti(word);
  }
}

/** The reply when listening sockets have changed, or could not. */
function outcomeOf(setting: Promise<ConfigOutcome>, { server, session }: Call): Wait {
  let outcome: ConfigOutcome | undefined;
  void setting.then((settled) => {
    outcome = settled;
    server.waiters.wake(session.id);
  });
  const retry = (): Reply | Wait => {
    if (outcome === undefined) return waiting;
    acceptOutcome(outcome);
    return OK;
  };
  const waiting: Wait = {
    kind: "wait",
    keys: [],
    deadlineMs: undefined,
    onTimeout: { kind: "error", message: errors.unblocked().message },
    retry,
  };
  return waiting;
}
