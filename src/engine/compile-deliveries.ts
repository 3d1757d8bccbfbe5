/** Actions that send something, now or later: raise, send, cancel, emit, task. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Linker, linkDelay, linkExpression, linkTemplate, optional } from "./compile-expressions.ts";
import { parseDuration } from "./durations.ts";
import { isInternal } from "./event-names.ts";
import type { Template } from "./expressions.ts";
import type { Action, Delay, Name, TaskRetry } from "./machine.ts";
import { at, checkKeys, kindOf, readText } from "./problems.ts";

type Place = { readonly path: string };

/** What `raise` and `send` have in common. */
type Delivery = {
  readonly data: Template | undefined;
  readonly delay: Delay | undefined;
  readonly id: Name | undefined;
};

/** A text that reads like an expression, where a text stands for itself. */
const MISREAD = /^(context|event|data|constants|key|now|item)\b\s*[.[?]|['"]\s*\+|\+\s*['"]/;

/** A name: a text that stands for itself, or `{"expr": "…"}`. */
export function linkName(linker: Linker, object: JsonObject, key: string, path: string): Name | undefined {
  const value = object[key];
  const here = at(path, key);
  if (isJsonObject(value)) {
    checkKeys(value, here, { allowed: ["expr"], what: `a computed ${key}`, problems: linker.problems });
    const source = readText(value, "expr", here, linker.problems);
    return source === undefined ? undefined : linkExpression(linker, source, at(here, "expr"));
  }
  if (typeof value === "string" && MISREAD.test(value)) {
    const computed = JSON.stringify({ expr: value });
    linker.problems.warn(
      here,
      `this is the text ${JSON.stringify(value)} itself; what is computed is written ${computed}`,
    );
  }
  if (value === undefined || typeof value === "string") return value;
  linker.problems.error(here, `${key} must be a string or {"expr": expression}, this is ${kindOf(value)}`);
  return undefined;
}

/** The object of `raise`, `send` and `emit`; a text stands for `{"event": text}`. */
function eventOptions(
  linker: Linker,
  json: JsonObject,
  place: { readonly kind: string; readonly path: string; readonly allowed: readonly string[] },
): (JsonObject & { readonly event: string }) | undefined {
  const path = at(place.path, place.kind);
  const value = json[place.kind];
  const options = typeof value === "string" ? { event: value } : value;
  if (!isJsonObject(options)) {
    linker.problems.error(path, `${place.kind} takes {"event": "NAME", …}, this is ${kindOf(value)}`);
    return undefined;
  }
  checkKeys(options, path, { allowed: place.allowed, what: place.kind, problems: linker.problems });
  const event = options["event"];
  if (typeof event === "string" && isInternal(event) && place.kind !== "emit") {
    linker.problems.error(
      at(path, "event"),
      `names that begin with xstate. are the machine's own; ${place.kind} takes another`,
    );
    return undefined;
  }
  if (typeof event === "string" && event !== "" && event !== "*" && !event.endsWith(".*"))
    return { ...options, event };
  linker.problems.error(at(path, "event"), `${place.kind} needs the name of an event, without wildcard`);
  return undefined;
}

export function linkRaise(linker: Linker, json: JsonObject, { path }: Place): Action | undefined {
  const options = eventOptions(linker, json, {
    kind: "raise",
    path,
    allowed: ["event", "data", "delay", "id"],
  });
  if (options === undefined) return undefined;
  return { kind: "raise", path, event: options.event, ...deliveryOf(linker, options, at(path, "raise")) };
}

export function linkSend(linker: Linker, json: JsonObject, { path }: Place): Action | undefined {
  const here = at(path, "send");
  const options = eventOptions(linker, json, {
    kind: "send",
    path,
    allowed: ["to", "event", "data", "delay", "id", "def", "eventId", "expire"],
  });
  if (options === undefined) return undefined;
  const to = options["to"];
  if (typeof to !== "string") {
    linker.problems.error(
      at(here, "to"),
      "send needs the key of a machine: an expression such as context.order or 'order:1' in quotes, or #_parent, or #_ and the id of a child",
    );
    return undefined;
  }
  return {
    kind: "send",
    path,
    to: to.startsWith("#_") ? { expressions: [], build: () => to } : linkTemplate(linker, to, at(here, "to")),
    event: options.event,
    ...deliveryOf(linker, options, here),
    def: linkDefinition(linker, options, here),
    eventId: linkName(linker, options, "eventId", here),
    expire: optional(options["expire"], (value) => linkDelay(linker, value, at(here, "expire"))),
  };
}

/** The definition of a machine that is to be made: `name`, `name:version` or `{"expr"}`. */
function linkDefinition(linker: Linker, options: JsonObject, path: string): Name | undefined {
  const name = linkName(linker, options, "def", path);
  if (name === "" || (typeof name === "string" && /^:|:$/.test(name)))
    linker.problems.error(
      at(path, "def"),
      `${JSON.stringify(name)} is not a definition: write name or name:version`,
    );
  return name;
}

function deliveryOf(linker: Linker, options: JsonObject, path: string): Delivery {
  return {
    data: optional(options["data"], (value) => linkTemplate(linker, value, at(path, "data"))),
    delay: optional(options["delay"], (value) => linkDelay(linker, value, at(path, "delay"))),
    id: linkName(linker, options, "id", path),
  };
}

export function linkCancel(linker: Linker, json: JsonObject, { path }: Place): Action | undefined {
  const id = linkName(linker, json, "cancel", path);
  return id === undefined ? undefined : { kind: "cancel", path, id };
}

export function linkEmit(linker: Linker, json: JsonObject, { path }: Place): Action | undefined {
  const options = eventOptions(linker, json, { kind: "emit", path, allowed: ["event", "data"] });
  if (options === undefined) return undefined;
  const data = optional(options["data"], (value) =>
    linkTemplate(linker, value, at(at(path, "emit"), "data")),
  );
  return { kind: "emit", path, event: options.event, data };
}

export function linkTask(linker: Linker, json: JsonObject, { path }: Place): Action | undefined {
  const task = linkName(linker, json, "task", path);
  if (task === undefined) return undefined;
  if (task === "") linker.problems.error(at(path, "task"), "a task needs a name");
  const attempts = json["attempts"];
  const isCount = typeof attempts === "number" && Number.isSafeInteger(attempts) && attempts >= 1;
  if (attempts !== undefined && !isCount) {
    linker.problems.error(at(path, "attempts"), "attempts must be a whole number, 1 at least");
  }
  return {
    kind: "task",
    path,
    task,
    input: optional(json["input"], (value) => linkTemplate(linker, value, at(path, "input"))),
    done: readText(json, "done", path, linker.problems),
    failed: readText(json, "failed", path, linker.problems),
    timeout: optional(json["timeout"], (value) => linkDelay(linker, value, at(path, "timeout"))),
    attempts: isCount ? attempts : undefined,
    retry: linkRetry(linker, json, path),
  };
}

/** How a task is tried again whose deadline has passed. */
function linkRetry({ problems }: Linker, json: JsonObject, path: string): TaskRetry | undefined {
  const value = json["retry"];
  if (value === undefined) return undefined;
  const here = at(path, "retry");
  if (!isJsonObject(value)) {
    problems.error(here, `retry takes {"attempts", "delay"?, "backoff"?, "maxDelay"?, "jitter"?}`);
    return undefined;
  }
  checkKeys(value, here, {
    allowed: ["attempts", "delay", "backoff", "maxDelay", "jitter"],
    what: "retry",
    problems,
  });
  if (json["timeout"] === undefined)
    problems.error(here, "retry needs a timeout beside it: a task is tried again when its deadline passes");
  const { attempts, delay = "1s", backoff = 1, maxDelay, jitter = 0 } = value;
  const isNumber = (given: Json, min: number, max: number): given is number =>
    typeof given === "number" && given >= min && given <= max;
  if (!isNumber(attempts ?? 0, 1, ATTEMPTS_MAX) || !Number.isInteger(attempts))
    problems.error(at(here, "attempts"), `attempts must be a whole number from 1 to ${ATTEMPTS_MAX}`);
  if (!isNumber(backoff, 1, 1000))
    problems.error(at(here, "backoff"), "backoff must be a number from 1 to 1000");
  if (!isNumber(jitter, 0, 1)) problems.error(at(here, "jitter"), "jitter must be a number from 0 to 1");
  const lengthOf = (key: string, given: Json): number => {
    const ms =
      typeof given === "string" ? parseDuration(given) : isNumber(given, 0, 1e15) ? given : undefined;
    if (ms === undefined)
      problems.error(at(here, key), `${key} must be milliseconds or a string such as "30s"`);
    return ms ?? 0;
  };
  return {
    attempts: Number(attempts),
    delayMs: lengthOf("delay", delay),
    backoff: Number(backoff),
    ...(maxDelay === undefined ? {} : { maxDelayMs: lengthOf("maxDelay", maxDelay) }),
    jitter: Number(jitter),
  };
}

/** Attempts at one task. */
const ATTEMPTS_MAX = 1000;
