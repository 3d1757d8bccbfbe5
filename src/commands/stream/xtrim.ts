/** XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count]: removes entries from the front; how many there were. */
import * as errors from "../../protocol/errors.ts";
import { saveStream } from "../../streams/streams.ts";
import { trimStream } from "../../streams/trim.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { streamAt } from "./streams.ts";
import { nodeEntriesMax, TrimArguments } from "./trim-arguments.ts";

export const xtrim = {
  name: "XTRIM",
  run: (call) => {
    const { args } = call;
    const options = new TrimArguments();
    for (let index = 2; index < args.length; ) {
      const next = options.read(args, index);
      if (next === undefined) throw errors.syntaxError();
      index = next;
    }
    const trim = options.isGiven ? options.finish(nodeEntriesMax(call)) : undefined;
    if (trim === undefined) throw errors.noTrimStrategy();
    const stream = streamAt(call, argument(args, 1));
    if (stream === undefined) return 0;
    const count = trimStream(stream, trim);
    if (count > 0) saveStream(stream, "xtrim");
    return count;
  },
} as const satisfies Handler;
