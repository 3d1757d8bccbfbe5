/** MAXLEN | MINID [= | ~] threshold [LIMIT count], as XADD and XTRIM take it. */
import * as errors from "../../protocol/errors.ts";
import type { Trim, TrimTarget } from "../../streams/trim.ts";
import { integer, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { exactId } from "./ids.ts";

/** Entries that approximate trimming removes at most unless LIMIT says otherwise: so many nodes, within bounds. */
const NODES_MAX_DEFAULT = 100;
const LIMIT_DEFAULT_MIN = 10_000;
const LIMIT_DEFAULT_MAX = 1_000_000;

/** What the options read so far say. */
export class TrimArguments {
  #target: TrimTarget | undefined;
  #isApproximate = false;
  #limit: number | undefined;

  /** Reads the option at `index`; returns the index after it, undefined when it is none of these. @throws ReplyError */
  read(args: readonly Buffer[], index: number): number | undefined {
    if (index + 1 >= args.length) return undefined;
    switch (token(args[index])) {
      case "MAXLEN":
      case "MINID":
        return this.#readTarget(args, index);
      case "LIMIT": {
        const limit = integer(args[index + 1] ?? Buffer.alloc(0));
        if (limit < 0n) throw errors.negativeTrimArgument("LIMIT");
        this.#limit = Number(limit);
        return index + 2;
      }
      default:
        return undefined;
    }
  }

  /** True when a threshold was given. @throws ReplyError when there is a limit to nothing */
  get isGiven(): boolean {
    if (this.#target === undefined && (this.#limit ?? 0) !== 0) throw errors.limitWithoutStrategy();
    return this.#target !== undefined;
  }

  /** What is to be trimmed; undefined when nothing was said. @throws ReplyError when options contradict each other */
  finish(nodeEntriesMax: number): Trim | undefined {
    const hasLimit = this.#limit !== undefined;
    if (!this.isGiven && hasLimit) throw errors.limitWithoutApproximation();
    if (this.#target === undefined) return undefined;
    if (hasLimit && !this.#isApproximate) throw errors.limitWithoutApproximation();
    const limit = this.#limit ?? (this.#isApproximate ? defaultLimit(nodeEntriesMax) : 0);
    return { target: this.#target, isApproximate: this.#isApproximate, limit };
  }

  #readTarget(args: readonly Buffer[], index: number): number {
    if (this.#target !== undefined) throw errors.bothTrimStrategies();
    const operator = index + 2 < args.length ? args[index + 1]?.toString("latin1") : undefined;
    this.#isApproximate = operator === "~";
    const at = operator === "~" || operator === "=" ? index + 2 : index + 1;
    const threshold = args[at] ?? Buffer.alloc(0);
    if (token(args[index]) === "MINID") this.#target = { kind: "minId", minId: exactId(threshold) };
    else {
      const lengthMax = integer(threshold);
      if (lengthMax < 0n) throw errors.negativeTrimArgument("MAXLEN");
      this.#target = { kind: "length", lengthMax: Number(lengthMax) };
    }
    return at + 1;
  }
}

/** Entries a node holds (`stream-node-max-entries`); 0: no end. */
export function nodeEntriesMax({ server }: Call): number {
  return server.config.get("stream-node-max-entries");
}

function defaultLimit(nodeEntries: number): number {
  const limit = nodeEntries * NODES_MAX_DEFAULT;
  return limit <= 0 ? LIMIT_DEFAULT_MIN : Math.min(limit, LIMIT_DEFAULT_MAX);
}
