/** BITOP AND | OR | XOR | NOT destination key...: combines strings bit by bit; shorter ones are filled up with zeros. */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";

type Operation = (left: number, right: number) => number;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["AND", (left, right) => left & right],
  ["OR", (left, right) => left | right],
  ["XOR", (left, right) => left ^ right],
]);

const EMPTY = Buffer.alloc(0);

export const bitop = {
  name: "BITOP",
  run: (call) => {
    const word = token(call.args[1]);
    const operation = OPERATIONS.get(word);
    if (operation === undefined && word !== "NOT") throw errors.syntaxError();
    if (operation === undefined && call.args.length !== 4) throw errors.bitopNotNeedsOneSource();
    const sources = call.args.slice(3).map((key) => stringAt(call, key) ?? EMPTY);
    const length = Math.max(...sources.map((source) => source.length));
    const destination = bytesOf(argument(call.args, 2));
    if (length === 0) {
      call.db.remove(destination, "del");
      return 0;
    }
    const payload = operation === undefined ? inverse(sources) : combined(sources, length, operation);
    call.db.put(destination, { type: "string", payload, expireAtMs: 0, form: "appended" }, "set");
    return length;
  },
} as const satisfies Handler;

function inverse([source = EMPTY]: readonly Buffer[]): Buffer {
  return Buffer.from(source.map((byte) => ~byte & 0xff));
}

function combined(sources: readonly Buffer[], length: number, operation: Operation): Buffer {
  const result = Buffer.alloc(length);
  sources.forEach((source, index) => {
    for (let at = 0; at < length; at += 1) {
      const byte = source[at] ?? 0;
      result[at] = index === 0 ? byte : operation(result[at] ?? 0, byte);
    }
  });
  return result;
}
