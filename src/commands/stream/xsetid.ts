/** XSETID key last-id [ENTRIESADDED n] [MAXDELETEDID id]: sets what a stream knows of its past. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { type EntryId, ID_MIN } from "../../streams/entry-id.ts";
import { lastValidId, saveStream } from "../../streams/streams.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { exactId } from "./ids.ts";
import { streamAt } from "./streams.ts";

export const xsetid = {
  name: "XSETID",
  run: (call) => {
    const { lastId, entriesAdded, maxDeletedId } = parse(call.args);
    const stream = streamAt(call, argument(call.args, 1));
    if (stream === undefined) throw errors.noSuchKey();
    const { header } = stream;
    if (lastId < header.maxDeletedId) throw errors.lastIdBelowDeleted();
    if (header.length > 0) {
      if (lastId < lastValidId(stream)) throw errors.lastIdBelowTop();
      if (entriesAdded !== undefined && entriesAdded < BigInt(header.length)) {
        throw errors.entriesAddedBelowLength();
      }
    }
    header.lastId = lastId;
    if (entriesAdded !== undefined) header.entriesAdded = entriesAdded;
    if (maxDeletedId !== ID_MIN) header.maxDeletedId = maxDeletedId;
    saveStream(stream, "xsetid");
    return OK;
  },
} as const satisfies Handler;

interface Arguments {
  readonly lastId: EntryId;
  readonly entriesAdded: bigint | undefined;
  readonly maxDeletedId: EntryId;
}

function parse(args: readonly Buffer[]): Arguments {
  const lastId = exactId(argument(args, 2));
  let entriesAdded: bigint | undefined;
  let maxDeletedId = ID_MIN;
  for (let index = 3; index < args.length; index += 2) {
    const option = token(args[index]);
    const value = argument(args, index + 1);
    if (option === "ENTRIESADDED") {
      entriesAdded = integer(value);
      if (entriesAdded < 0n) throw errors.entriesAddedNegative();
    } else if (option === "MAXDELETEDID") {
      maxDeletedId = exactId(value);
      if (lastId < maxDeletedId) throw errors.lastIdBelowGivenDeleted();
    } else throw errors.syntaxError();
  }
  return { lastId, entriesAdded, maxDeletedId };
}
