/**
 * A machine played through in the browser by the engine of the server: events are sent, the clock is moved, and nothing goes out. Each
 * frame is a whole situation, so that going back is showing an earlier one.
 */
import type { Json, JsonObject } from "../base/json.ts";
import {
  begin,
  endChild,
  envIn,
  type Outcome,
  passTime,
  type Rehearsed,
  resume,
  type Situation,
  sendEvent,
} from "../definition-tests/rehearsal.ts";
import { compile } from "../engine/compile.ts";
import { readKeys } from "../engine/document-keys.ts";
import { type NextEvent, next } from "../engine/explain.ts";
import { graph } from "../engine/graph.ts";
import type { Machine } from "../engine/machine.ts";
import { activeStates } from "../engine/step.ts";
import type { Effect, Finding } from "../engine/types.ts";

/** What was done to come to a frame. */
export type Act =
  | { readonly kind: "start" }
  | { readonly kind: "send"; readonly event: string; readonly data?: Json }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "child"; readonly child: string; readonly output: Json }
  | { readonly kind: "resume" };

export interface Frame {
  readonly act: Act;
  readonly situation: Situation;
  readonly states: readonly string[];
  /** What was done outside, a line each. */
  readonly told: readonly string[];
  /** Why nothing came of it, with the code. */
  readonly refused?: string;
}

export interface Read {
  readonly machine?: Machine;
  /** What SM.DEF GRAPH says in JSON. */
  readonly graph?: string;
  readonly findings: readonly Finding[];
}

const KEY = "try";

/** Reads the text of a definition; what is wrong with it is listed in findings. */
export function read(text: string): Read {
  let json: Json;
  try {
    // Whatever JSON.parse returns is a JSON value.
    json = JSON.parse(text) as Json;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { findings: [{ severity: "error", path: "$", message }] };
  }
  const compiled = compile(json, undefined, readKeys(text));
  if (!compiled.ok) return { findings: compiled.findings };
  const { machine, findings } = compiled;
  const drawn = graph(machine, "json");
  return { machine, findings, ...(drawn.ok ? { graph: drawn.text } : {}) };
}

function playing(machine: Machine): Rehearsed {
  return { machine, key: KEY };
}

export function started(machine: Machine, nowMs: number): Frame {
  return frameOf(machine, { kind: "start" }, begin(playing(machine), { nowMs }));
}

export function accepted(machine: Machine, { situation }: Frame): readonly NextEvent[] {
  return next(machine, situation.snapshot, envIn(playing(machine), situation));
}

/** The frame behind an act. */
export function played(machine: Machine, { situation }: Frame, act: Act): Frame {
  const play = playing(machine);
  switch (act.kind) {
    case "start":
      return started(machine, situation.nowMs);
    case "send": {
      const event = { type: act.event, ...(act.data === undefined ? {} : { data: act.data }) };
      return frameOf(machine, act, sendEvent(play, situation, event));
    }
    case "wait":
      return frameOf(machine, act, passTime(play, situation, situation.nowMs + act.ms));
    case "child":
      return frameOf(machine, act, endChild(play, situation, act.child, { done: act.output }));
    case "resume":
      return frameOf(machine, act, resume(play, situation));
  }
}

function frameOf(
  machine: Machine,
  act: Act,
  { situation, effects, refusal, failures, kind }: Outcome,
): Frame {
  const told = [
    ...effects.flatMap(effectText),
    ...failures.map(({ event, code, message }) => `${event} fails: ${code} ${message}`),
    ...(kind === "deferred" ? ["the event waits until a state takes it"] : []),
    ...(kind === "ignored" ? ["no state takes the event"] : []),
  ];
  const states = activeStates(machine, situation.snapshot);
  const refused = refusal === undefined ? {} : { refused: `${refusal.code} ${refusal.message}` };
  return { act, situation, states, told, ...refused };
}

/** What is done outside, as a person reads it; nothing for what shows elsewhere. */
function effectText(effect: Effect): readonly string[] {
  const data = "data" in effect && effect.data !== undefined ? ` ${JSON.stringify(effect.data)}` : "";
  switch (effect.kind) {
    case "send":
      return [`sends ${effect.event}${data} to ${effect.to}`];
    case "emit":
      return [`emits ${effect.event}${data}`];
    case "task":
      return [
        `gives the task ${effect.task} ${effect.input === undefined ? "" : JSON.stringify(effect.input)}`,
      ];
    case "log":
      return [`logs ${JSON.stringify(effect.value)}`];
    case "spawn":
      return [`makes the child ${effect.child.id} of ${effect.child.src}`];
    case "stop":
      return [`stops the child ${effect.id}`];
    case "suspend":
      return ["suspends itself"];
    default:
      return [];
  }
}

/** The session as a case of `detent test`. `given` is where it began, if that is not where the definition begins. */
export function testOf(definition: string, frames: readonly Frame[], given?: JsonObject): string {
  const steps = frames.slice(1).map(({ act, states, refused }) => {
    const expected = { states, ...(refused === undefined ? {} : { refused: refused.split(" ")[0] ?? "" }) };
    // biome-ignore lint/suspicious/noThenProperty: the word of the test file, of a value that nothing awaits
    return { when: whenOf(act), then: expected };
  });
  const test = { name: "a session of the console", ...(given === undefined ? {} : { given }), steps };
  return `${JSON.stringify({ definition, key: KEY, tests: [test] }, undefined, 2)}\n`;
}

function whenOf(act: Act): Json {
  switch (act.kind) {
    case "send":
      return act.data === undefined ? act.event : { send: act.event, data: act.data };
    case "wait":
      return { wait: `${act.ms}ms` };
    case "child":
      return { child: act.child, done: act.output };
    case "resume":
      return { resume: true };
    case "start":
      return [];
  }
}
