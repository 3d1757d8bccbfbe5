/** The arguments of SM.SEND: the options come in any order after the event and its data. */
import type { Json } from "../../base/json.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import { NO_OPTIONS, type SendOptions } from "../../machines/send-options.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";

type Draft = { -readonly [Field in keyof SendOptions]: SendOptions[Field] };

/** Names that stand for an option: data, which may be left out, is never one of them. */
const OPTIONS = new Set("ID BY REASON SEQ IFSTATE IFREV DELAY AT EXPIRE DEF FULL".split(" "));

/** Reads `SM.SEND key event [json] [option …]`. @throws ReplyError for an option or a number that is none */
export function parseSend(args: readonly Buffer[], nowMs: number, eventBytesMax: number): SendOptions {
  const draft: Draft = { ...NO_OPTIONS, event: text(argument(args, 2)) };
  if (draft.event === "") throw errors.err("the event's name is empty");
  let position = 3;
  if (args.length > 3 && !OPTIONS.has(token(args[3]))) {
    draft.data = eventData(argument(args, 3), eventBytesMax);
    position = 4;
  }
  while (position < args.length) position = readOption(draft, args, position, nowMs);
  return draft;
}

/** The data of an event. @throws ReplyError when it is no JSON or too long */
export function eventData(bytes: Buffer, eventBytesMax: number): Json {
  if (bytes.length > eventBytesMax) {
    throw errors.machineLimit(
      `the event's data has ${bytes.length} bytes`,
      eventBytesMax,
      "sm-event-bytes-max",
    );
  }
  const parsed = parseJson(text(bytes));
  if (!parsed.ok) throw errors.err(`the event's data is ${parsed.reason}`);
  return parsed.value;
}

function readOption(draft: Draft, args: readonly Buffer[], position: number, nowMs: number): number {
  const option = token(args[position]);
  const value = () => argument(args, position + 1);
  switch (option) {
    case "ID":
      draft.id = text(value());
      break;
    case "BY":
      draft.by = text(value());
      break;
    case "REASON":
      draft.reason = text(value());
      break;
    case "SEQ":
      draft.source = { name: text(value()), number: safeInteger(argument(args, position + 2)) };
      return position + 3;
    case "IFSTATE":
      draft.ifState = text(value());
      break;
    case "IFREV":
      draft.ifRev = safeInteger(value());
      break;
    case "DELAY":
      setDue(draft, later(nowMs, value(), "DELAY"));
      break;
    case "AT":
      setDue(draft, later(0, value(), "AT"));
      break;
    case "EXPIRE":
      draft.expireAtMs = later(nowMs, value(), "EXPIRE");
      break;
    case "DEF":
      draft.definition = text(value());
      break;
    case "FULL":
      draft.isFull = true;
      return position + 1;
    default:
      throw errors.syntaxError();
  }
  return position + 2;
}

function setDue(draft: Draft, dueMs: number): void {
  if (draft.dueMs !== undefined) throw errors.err("DELAY and AT options at the same time are not compatible");
  draft.dueMs = dueMs;
}

/** The time that lies so many milliseconds after another. */
function later(fromMs: number, bytes: Buffer, option: string): number {
  const ms = safeInteger(bytes);
  if (ms < 0) throw errors.err(`${option} must not be negative`);
  if (!Number.isSafeInteger(fromMs + ms)) throw errors.outOfRange();
  return fromMs + ms;
}
