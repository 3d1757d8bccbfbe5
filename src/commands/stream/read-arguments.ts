/** [GROUP group consumer] [COUNT count] [BLOCK ms] [NOACK] STREAMS key [key …] id [id …] */
import * as errors from "../../protocol/errors.ts";
import { argument, integer, parseInteger, token } from "../arguments.ts";
import type { Call } from "../handler.ts";

export interface ReadArguments {
  /** Keys and what stands for their ids, in order. */
  readonly streams: ReadonlyArray<{ readonly key: Buffer; readonly id: Buffer }>;
  /** Entries per stream; infinite when there is no limit. */
  readonly count: number;
  /** How long to wait, in milliseconds, 0 for ever; undefined: not at all. */
  readonly blockMs: number | undefined;
  readonly isNoAck: boolean;
  readonly group: { readonly name: Buffer; readonly consumer: Buffer } | undefined;
}

type ReadCommand = "xread" | "xreadgroup";

/** @throws ReplyError when the arguments make no sense */
export function readArguments(call: Call, command: ReadCommand): ReadArguments {
  const { args, nowMs } = call;
  const options: Options = {
    count: Number.POSITIVE_INFINITY,
    blockMs: undefined,
    isNoAck: false,
    group: undefined,
  };
  let index = 1;
  while (index < args.length && !(token(args[index]) === "STREAMS" && index + 1 < args.length)) {
    index = readOption(options, { args, index, command, nowMs });
  }
  if (index >= args.length) throw errors.syntaxError();
  const streams = pairs(args.slice(index + 1), command);
  if (command === "xreadgroup" && options.group === undefined) throw errors.missingGroup();
  if (call.isScripted && options.blockMs !== undefined) throw errors.blockInScript(command);
  return { ...options, streams };
}

interface Options {
  count: number;
  blockMs: number | undefined;
  isNoAck: boolean;
  group: ReadArguments["group"];
}

interface OptionPlace {
  readonly args: readonly Buffer[];
  readonly index: number;
  readonly command: ReadCommand;
  readonly nowMs: number;
}

/** Reads one option; returns the index behind it. */
function readOption(options: Options, { args, index, command, nowMs }: OptionPlace): number {
  const option = token(args[index]);
  const left = args.length - index - 1;
  if (option === "BLOCK" && left >= 1) {
    options.blockMs = timeout(argument(args, index + 1), nowMs);
    return index + 2;
  }
  if (option === "COUNT" && left >= 1) {
    const count = Number(integer(argument(args, index + 1)));
    options.count = count <= 0 ? Number.POSITIVE_INFINITY : count;
    return index + 2;
  }
  if (option === "GROUP" && left >= 2) {
    if (command === "xread") throw errors.onlyForXreadgroup("GROUP");
    options.group = { name: argument(args, index + 1), consumer: argument(args, index + 2) };
    return index + 3;
  }
  if (option !== "NOACK") throw errors.syntaxError();
  if (command === "xread") throw errors.onlyForXreadgroup("NOACK");
  options.isNoAck = true;
  return index + 1;
}

function pairs(words: readonly Buffer[], command: ReadCommand): ReadArguments["streams"] {
  if (words.length % 2 === 1) throw errors.unbalancedStreams(command, command === "xread" ? "$" : ">");
  const half = words.length / 2;
  return words.slice(0, half).map((key, i) => ({ key, id: argument(words, half + i) }));
}

/** Milliseconds; so long that it never ends where a number cannot tell. */
function timeout(arg: Buffer, nowMs: number): number {
  const ms = parseInteger(arg);
  if (ms === undefined) throw errors.timeoutNotAnInteger();
  if (ms < 0n) throw errors.timeoutNegative();
  if (ms > 2n ** 63n - 1n - BigInt(nowMs)) throw errors.timeoutOutOfRange();
  return Math.min(Number(ms), TIMEOUT_MS_MAX);
}

/** A hundred thousand years. */
const TIMEOUT_MS_MAX = 2 ** 51;
