/** The options SET and GETEX share. */
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { TimeForm } from "../expiry.ts";

export interface SetOptions {
  readonly condition: "NX" | "XX" | undefined;
  readonly returnsOld: boolean;
  readonly keepsExpiry: boolean;
  /** GETEX: the expiry is taken away. */
  readonly persists: boolean;
  readonly expiry: { readonly form: TimeForm; readonly value: Buffer } | undefined;
}

const TIME_FORMS: ReadonlyMap<string, TimeForm> = new Map([
  ["EX", { unit: "seconds", from: "now" }],
  ["PX", { unit: "milliseconds", from: "now" }],
  ["EXAT", { unit: "seconds", from: "epoch" }],
  ["PXAT", { unit: "milliseconds", from: "epoch" }],
]);

/** Of the options of a topic only one may be given. */
type Topic = "condition" | "expiry" | "old";

const TIMES = [...TIME_FORMS.keys()].map((word) => [word, "expiry"] as const);
const TOPICS: Readonly<Record<"SET" | "GETEX", ReadonlyMap<string, Topic>>> = {
  SET: new Map([...TIMES, ["KEEPTTL", "expiry"], ["NX", "condition"], ["XX", "condition"], ["GET", "old"]]),
  GETEX: new Map([...TIMES, ["PERSIST", "expiry"]]),
};

/**
 * Reads the options from args[first] on. One that is given again counts as given last, as in Redis.
 * @throws ReplyError syntax error
 */
export function parseSetOptions(
  args: readonly Buffer[],
  first: number,
  command: "SET" | "GETEX",
): SetOptions {
  const given = new Map<Topic, string>();
  let expiry: SetOptions["expiry"];
  for (let i = first; i < args.length; i += 1) {
    const word = token(args[i]);
    const topic = TOPICS[command].get(word);
    if (topic === undefined || (given.get(topic) ?? word) !== word) throw errors.syntaxError();
    given.set(topic, word);
    const form = TIME_FORMS.get(word);
    if (form === undefined) continue;
    i += 1;
    expiry = { form, value: argument(args, i) };
  }
  const condition = given.get("condition");
  return {
    condition: condition === "NX" || condition === "XX" ? condition : undefined,
    returnsOld: given.has("old"),
    keepsExpiry: given.get("expiry") === "KEEPTTL",
    persists: given.get("expiry") === "PERSIST",
    expiry,
  };
}
