/** What the subcommands of XGROUP have in common: key, group, and the options of CREATE and SETID. */
import * as errors from "../../protocol/errors.ts";
import { findGroup } from "../../streams/groups.ts";
import { READ_UNKNOWN } from "../../streams/lag.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { type StreamAndGroup, streamAt } from "./streams.ts";

/** The group that a request names. @throws ReplyError when there is no such key or group, or WRONGTYPE */
export function namedGroup(call: Call): StreamAndGroup {
  const key = argument(call.args, 2);
  const name = argument(call.args, 3);
  const stream = streamAt(call, key);
  if (stream === undefined) throw errors.noStreamForGroup();
  const group = findGroup(stream, name);
  if (group === undefined) throw errors.noGroup(name, key);
  return { stream, group };
}

export interface GroupOptions {
  readonly hasMkstream: boolean;
  readonly entriesRead: bigint;
}

/** [MKSTREAM] [ENTRIESREAD n] from the fifth argument on; MKSTREAM for CREATE only. @throws ReplyError */
export function groupOptions(args: readonly Buffer[], mayMkstream: boolean): GroupOptions {
  let hasMkstream = false;
  let entriesRead = READ_UNKNOWN;
  for (let index = 5; index < args.length; index += 1) {
    const option = token(args[index]);
    if (option === "MKSTREAM" && mayMkstream) hasMkstream = true;
    else if (option === "ENTRIESREAD" && index + 1 < args.length) {
      index += 1;
      entriesRead = integer(argument(args, index));
      if (entriesRead < READ_UNKNOWN) throw errors.invalidEntriesRead();
    } else throw errors.unknownSubcommandOrArity("XGROUP", argument(args, 1));
  }
  return { hasMkstream, entriesRead };
}

/** Options given over and over make no sense, which Redis finds last of all. @throws ReplyError */
export function checkCount(args: readonly Buffer[], countMax: number): void {
  if (args.length > countMax) throw errors.unknownSubcommandOrArity("XGROUP", argument(args, 1));
}
