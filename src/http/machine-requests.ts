/** Requests of commands on machines that are more than the fields of their operation in order, and those fields. */
import { type Arguments, type Field, fieldArguments, type Input, textOf } from "./operation.ts";
import { badRequest } from "./problem.ts";

export const REASON: Field = {
  name: "reason",
  type: "string",
  description: "Why, for the history.",
  token: "REASON",
};
export const BY: Field = { name: "by", type: "string", description: "Who, for the history.", token: "BY" };

export function keyOf(input: Input): string {
  return textOf(input, "key") ?? "";
}

export const CREATE_FIELDS: readonly Field[] = [
  { name: "definition", type: "string", description: "`name` or `name:version`; no version: the newest." },
  { name: "states", type: "strings", description: "Where it begins, one for each region.", token: "STATE" },
  { name: "context", type: "json", description: "Its data.", token: "CONTEXT" },
  REASON,
  BY,
  { name: "history", type: "json", description: "What it has been through elsewhere.", token: "HISTORY" },
  { name: "ifAbsent", type: "boolean", description: "Only where there is no such key.", token: "NX" },
  { name: "expireMs", type: "integer", description: "Milliseconds until the key expires.", token: "PX" },
  { name: "map", type: "json", description: "Of a map machine: state to targets, instead of a definition." },
  { name: "initial", type: "string", description: "Of a map machine: where it begins." },
];

export function createRequest(input: Input): Arguments {
  const key = keyOf(input);
  const map = textOf(input, "map");
  if (map !== undefined) {
    const initial = JSON.stringify(textOf(input, "initial") ?? "");
    return ["SM.SET", key, `{"current":"","map":${map},"initial":${initial}}`];
  }
  const definition = textOf(input, "definition");
  return [
    "SM.CREATE",
    key,
    ...(definition === undefined ? [] : [definition]),
    ...CREATE_FIELDS.filter(({ token }) => token !== undefined).flatMap((field) =>
      fieldArguments(field, input),
    ),
  ];
}

export const SEND_FIELDS: readonly Field[] = [
  { name: "event", type: "string", description: "The event.", isRequired: true },
  { name: "data", type: "json", description: "Its data, kept as it is sent." },
  {
    name: "id",
    type: "string",
    description: "The same id again gets the same answer; `*` makes one.",
    token: "ID",
  },
  BY,
  REASON,
  { name: "ifState", type: "string", description: "Only in this state.", token: "IFSTATE" },
  { name: "ifRev", type: "integer", description: "Only at this revision.", token: "IFREV" },
  { name: "delayMs", type: "integer", description: "Milliseconds until it is delivered.", token: "DELAY" },
  { name: "at", type: "integer", description: "When it is delivered, unix time in ms.", token: "AT" },
  { name: "expireMs", type: "integer", description: "How long it may wait.", token: "EXPIRE" },
  {
    name: "outcomeTtlMs",
    type: "integer",
    description: "How long its outcome is kept.",
    token: "OUTCOMETTL",
  },
  {
    name: "stamp",
    type: "integer",
    description: "When it happened at its source, unix time in ms.",
    token: "STAMP",
  },
  {
    name: "trace",
    type: "string",
    description: "A traceparent; the header of that name does too.",
    token: "TRACE",
  },
  { name: "definition", type: "string", description: "Makes a missing machine first.", token: "DEF" },
  { name: "source", type: "string", description: "With `seq`: the source of the number." },
  {
    name: "seq",
    type: "integer",
    description: "Events of a source with a lower or equal number are refused.",
  },
];

export function sendRequest(input: Input): Arguments {
  const option = ({ name, token }: Field): string[] => {
    const value = textOf(input, name) ?? headerOf(input, name);
    return token === undefined || value === undefined ? [] : [token, value];
  };
  const [data, source, seq] = [textOf(input, "data"), textOf(input, "source"), textOf(input, "seq")];
  if ((source === undefined) !== (seq === undefined))
    throw badRequest(422, "'source' and 'seq' are given together");
  return [
    "SM.SEND",
    keyOf(input),
    textOf(input, "event") ?? "",
    ...(data === undefined ? [] : [data]),
    ...SEND_FIELDS.flatMap(option),
    ...(source === undefined || seq === undefined ? [] : ["SEQ", source, seq]),
    "FULL",
  ];
}

/** Fields that come as headers too, under the names others have given them. */
function headerOf({ headers }: Input, name: string): string | undefined {
  const header = name === "id" ? "idempotency-key" : name === "trace" ? "traceparent" : undefined;
  return header === undefined ? undefined : (headers.get(header) ?? undefined);
}
