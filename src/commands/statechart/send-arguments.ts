/** The arguments of SM.SEND: the options come in any order after the event and its data. */
import type { EventData } from "../../base/event-data.ts";
import { parseData } from "../../machines/chart-cache.ts";
import { sourceNumber } from "../../machines/record.ts";
import { isTraceparent, plainSend, type SendOptions } from "../../machines/send-options.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, integer, safeInteger, text, token } from "../arguments.ts";
import { atMostOneOf, FLAG, type Options, readOptions, VALUE } from "../options.ts";

/** Data, which may be left out, is never one of these words. */
const FORMS = {
  ID: VALUE,
  BY: VALUE,
  REASON: VALUE,
  SEQ: { values: 2 },
  IFSTATE: VALUE,
  IFREV: VALUE,
  DELAY: VALUE,
  AT: VALUE,
  EXPIRE: VALUE,
  OUTCOMETTL: VALUE,
  STAMP: VALUE,
  TRACE: VALUE,
  DEF: VALUE,
  FULL: FLAG,
} as const;

type Given = Options<keyof typeof FORMS>;

/** Reads `SM.SEND key event [json] [option …]`. @throws ReplyError for an option or a number that is none */
export function parseSend(args: readonly Buffer[], nowMs: number, eventBytesMax: number): SendOptions {
  const event = text(argument(args, 2), "event");
  if (event === "") throw errors.err("the event's name is empty");
  if (args.length === 3) return plainSend(event);
  const hasData = args.length > 3 && !Object.hasOwn(FORMS, token(args[3]));
  const data = hasData ? eventData(argument(args, 3), eventBytesMax) : undefined;
  const given = readOptions(args, hasData ? 4 : 3, FORMS);
  const ifRev = given.value("IFREV");
  const makesId = textOf(given, "ID") === "*";
  const expire = given.value("EXPIRE");
  return {
    event,
    data,
    id: makesId ? undefined : readId(given),
    makesId,
    by: textOf(given, "BY"),
    reason: textOf(given, "REASON"),
    source: readSource(given),
    ifState: textOf(given, "IFSTATE"),
    ifRev: ifRev === undefined ? undefined : safeInteger(ifRev),
    dueMs: readDue(given, nowMs),
    expireAtMs: expire === undefined ? undefined : later(nowMs, expire, "EXPIRE"),
    outcomeTtlMs: readOutcomeTtl(given),
    stampMs: readStamp(given),
    trace: readTrace(given),
    definition: textOf(given, "DEF"),
    isFull: given.has("FULL"),
  };
}

/** The data of an event. @throws ReplyError when it is no JSON or too long */
export function eventData(bytes: Buffer, eventBytesMax: number): EventData {
  if (bytes.length > eventBytesMax) {
    throw errors.machineLimit(
      `the event's data has ${bytes.length} bytes`,
      eventBytesMax,
      "sm-event-bytes-max",
    );
  }
  const parsed = parseData(text(bytes, "data"));
  if (!parsed.ok) throw errors.err(`the event's data is ${parsed.reason}`);
  return parsed.data;
}

function textOf(
  given: Given,
  name: "ID" | "BY" | "REASON" | "IFSTATE" | "DEF" | "TRACE",
): string | undefined {
  const value = given.value(name);
  return value === undefined ? undefined : text(value, name);
}

function readId(given: Given): string | undefined {
  const id = textOf(given, "ID");
  if (id === "") throw errors.err("ID is empty: leave it out, or give each event an ID of its own");
  return id;
}

function readSource(given: Given): SendOptions["source"] {
  const [name, number] = given.values("SEQ");
  return name === undefined || number === undefined
    ? undefined
    : { name: text(name, "SEQ"), number: sourceNumber(integer(number)) };
}

function readOutcomeTtl(given: Given): number | undefined {
  const value = given.value("OUTCOMETTL");
  if (value === undefined) return undefined;
  const ms = safeInteger(value);
  if (ms <= 0) throw errors.err("OUTCOMETTL must be positive");
  if (!given.has("ID")) throw errors.err("OUTCOMETTL needs an ID: without one no outcome is kept");
  return ms;
}

function readStamp(given: Given): number | undefined {
  const value = given.value("STAMP");
  return value === undefined ? undefined : later(0, value, "STAMP");
}

function readTrace(given: Given): string | undefined {
  const trace = textOf(given, "TRACE");
  if (trace !== undefined && !isTraceparent(trace))
    throw errors.err(
      "TRACE must be a traceparent: 00-<32 hexadecimal digits>-<16>-<2>, in small letters and not all zeros",
    );
  return trace;
}

function readDue(given: Given, nowMs: number): number | undefined {
  atMostOneOf(given, ["DELAY", "AT"]);
  const [delay, at] = [given.value("DELAY"), given.value("AT")];
  if (delay !== undefined) return later(nowMs, delay, "DELAY");
  return at === undefined ? undefined : later(0, at, "AT");
}

/** The time that lies so many milliseconds after another. */
function later(fromMs: number, bytes: Buffer, option: string): number {
  const ms = safeInteger(bytes);
  if (ms < 0) throw errors.err(`${option} must not be negative`);
  if (!Number.isSafeInteger(fromMs + ms)) throw errors.outOfRange();
  return fromMs + ms;
}
