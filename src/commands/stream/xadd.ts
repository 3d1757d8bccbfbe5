/** XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] * | id field value [field value …] */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { autoSequence, type EntryId, ID_MAX, ID_MIN } from "../../streams/entry-id.ts";
import {
  appendTo,
  createStream,
  nextAutoId,
  recordEvent,
  type Stream,
  saveStream,
} from "../../streams/streams.ts";
import { type Trim, trimStream } from "../../streams/trim.ts";
import { argument, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { exactIdOrMs, idReply } from "./ids.ts";
import { streamAt } from "./streams.ts";
import { nodeEntriesMax, TrimArguments } from "./trim-arguments.ts";

export const xadd = {
  name: "XADD",
  run: (call) => {
    const { id: requested, fields, mayCreate, trim } = parse(call);
    const key = argument(call.args, 1);
    const found = streamAt(call, key);
    if (found === undefined && !mayCreate) return null;
    const stream = found ?? createStream(call.db, bytesOf(key));
    if (stream.header.lastId === ID_MAX) throw errors.entryIdsExhausted();
    const id = chooseId(stream, requested);
    if (id === undefined || id <= stream.header.lastId) throw errors.entryIdTooSmall();
    appendTo(stream, { id, fields, nodeEntriesMax: nodeEntriesMax(call) });
    const trimmed = trim === undefined ? 0 : trimStream(stream, trim);
    saveStream(stream, "xadd");
    if (trimmed > 0) recordEvent(stream, "xtrim");
    return idReply(id);
  },
} as const satisfies Handler;

/** `*`, the milliseconds of `ms-*`, or an id. */
type RequestedId = "*" | bigint | EntryId;

interface Arguments {
  readonly id: RequestedId;
  readonly fields: readonly Buffer[];
  readonly mayCreate: boolean;
  readonly trim: Trim | undefined;
}

/** The fields of a request, as far as they are known. @throws ReplyError */
export function fieldsOfXadd(args: readonly Buffer[]): readonly Buffer[] {
  return args.slice(readOptions(args).index);
}

function parse(call: Call): Arguments {
  const { args } = call;
  const { trim, id, index, mayCreate } = readOptions(args);
  const options = trim.finish(nodeEntriesMax(call));
  const fields = args.slice(index);
  if (id === undefined || fields.length < 2 || fields.length % 2 === 1) {
    throw errors.wrongNumberOfArguments("xadd");
  }
  if (id === ID_MIN) throw errors.entryIdZero();
  return { id, fields, mayCreate, trim: options };
}

/** What stands before the fields, which begin at `index`. */
function readOptions(args: readonly Buffer[]) {
  const trim = new TrimArguments();
  let mayCreate = true;
  let id: RequestedId | undefined;
  let index = 2;
  while (id === undefined && index < args.length) {
    const arg = argument(args, index);
    const next = trim.read(args, index);
    if (next !== undefined) index = next;
    else if (token(arg) === "NOMKSTREAM") {
      mayCreate = false;
      index += 1;
    } else {
      id = arg.toString("latin1") === "*" ? "*" : exactIdOrMs(arg);
      index += 1;
    }
  }
  return { trim, id, index, mayCreate };
}

function chooseId(stream: Stream, requested: RequestedId): EntryId | undefined {
  if (requested === "*") return nextAutoId(stream);
  if (typeof requested === "bigint") return autoSequence(requested, stream.header.lastId);
  return requested;
}
