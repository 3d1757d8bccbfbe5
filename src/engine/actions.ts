/** Runs actions: changes of context, events raised, and effects for the world outside. */
import { holdsInexact, noteInexact } from "../base/exact-json.ts";
import { build, buildWhole, dataOf, orFail, textOf } from "./action-values.ts";
import { spawn } from "./child-actions.ts";
import { delayMs } from "./compile-expressions.ts";
import { ContextRefusal, contextIn, type Key, putAt, removeAt, replaceContext } from "./context-changes.ts";
import { DELAY_FORMS } from "./durations.ts";
import type { Template } from "./expressions.ts";
import { holds } from "./guards.ts";
import { localsOf } from "./inexact-data.ts";
import { ACTIONS_MAX, arm, disarm, ExecutionFailure, type Run } from "./interpreter.ts";
import type { Action, ContextPath, Delay, Name } from "./machine.ts";
import { kindOf } from "./problems.ts";
import { shown } from "./refusal.ts";
import type { Effect, SendExtras } from "./types.ts";

type ActionOf<Kind extends Action["kind"]> = Extract<Action, { kind: Kind }>;

/** Runs actions in order; each sees what the one before it assigned. @throws ExecutionFailure */
export function runActions(run: Run, actions: readonly Action[]): void {
  for (const action of actions) {
    run.actionsLeft -= 1;
    if (run.actionsLeft < 0)
      throw new ExecutionFailure(`${action.path}: one event runs at most ${ACTIONS_MAX} actions`);
    runAction(run, action);
  }
}

function runAction(run: Run, action: Action): void {
  switch (action.kind) {
    case "assign":
      assign(run, action);
      break;
    case "replace":
      replace(run, action);
      break;
    case "unset":
      unset(run, action);
      break;
    case "raise":
      raise(run, action);
      break;
    case "send":
      send(run, action);
      break;
    case "cancel":
      disarm(run, run.timers.removeId(textOf(run, action.id, action.path)));
      break;
    case "emit":
      run.effects.push({ kind: "emit", event: action.event, ...dataOf(run, action.data, action.path) });
      break;
    case "task":
      startTask(run, action);
      break;
    case "log":
      run.effects.push({ kind: "log", value: buildWhole(run, action.value, action.path) });
      break;
    case "spawn":
      spawn(run, action);
      break;
    case "stop":
      run.effects.push({ kind: "stop", id: textOf(run, action.id, action.path) });
      break;
    case "choose": {
      const branch = action.branches.find(({ guard }) => holds(run, guard));
      if (branch !== undefined) runActions(run, branch.actions);
      break;
    }
    case "forEach":
      forEach(run, action);
      break;
    case "fail": {
      const text = buildWhole(run, action.text, action.path);
      throw new ExecutionFailure(typeof text === "string" ? text : JSON.stringify(text), "REJECTED");
    }
    case "suspend": {
      const reason = buildWhole(run, action.reason, action.path);
      const text = typeof reason === "string" ? reason : JSON.stringify(reason);
      run.effects.push({ kind: "suspend", ...(reason === null ? {} : { reason: text }) });
      break;
    }
  }
}

function assign(run: Run, { assignments, path }: ActionOf<"assign">): void {
  const [only] = assignments;
  if (assignments.length === 1 && only !== undefined) {
    const value = build(run, only.value, path);
    orFail(path, () => putAt(run, keysOf(run, only), value));
    return;
  }
  // All keys and values are computed before any is stored: in one assign, order does not matter.
  const computed = assignments.map((assignment) => ({
    value: build(run, assignment.value, path),
    keys: orFail(path, () => keysOf(run, assignment)),
  }));
  for (const { keys, value } of computed) orFail(path, () => putAt(run, keys, value));
}

function replace(run: Run, { value, path }: ActionOf<"replace">): void {
  const context = build(run, value, path);
  orFail(path, () => replaceContext(run, contextIn(context)));
}

function unset(run: Run, { paths, path }: ActionOf<"unset">): void {
  const computed = paths.map((each) => orFail(path, () => keysOf(run, each)));
  for (const keys of computed) orFail(path, () => removeAt(run, keys));
}

/** The keys of a path, those that are computed as they are now. */
function keysOf(run: Run, { keys, path }: ContextPath): readonly Key[] {
  return keys.map((part) => {
    if ("key" in part) return part;
    const value = part.expression.evaluate(run);
    if (typeof value === "string" && value !== "") return { key: value, isIndex: false };
    if (typeof value === "number") return { key: String(value), isIndex: false };
    throw new ContextRefusal(
      `the key ${part.expression.source} in ${path} is ${shown(value)}; a key is a string that is not empty, or a number`,
    );
  });
}

/** Runs the actions for each item of a list as it was before the first. */
function forEach(run: Run, { items, as, actions, path }: ActionOf<"forEach">): void {
  const list = buildWhole(run, items, path);
  if (!Array.isArray(list))
    throw new ExecutionFailure(
      `${path}: forEach goes through a list, this is ${kindOf(list)} (${shown(list)})`,
    );
  const outer = run.locals;
  for (const [index, item] of list.entries()) {
    if (holdsInexact(list)) noteInexact(item);
    run.locals = localsOf(outer, { [as]: item, index });
    runActions(run, actions);
  }
  run.locals = outer;
}

/** The id of a delivery, which takes the place of a pending one with the same id. */
function replacing(run: Run, name: Name | undefined, path: string): { readonly id?: string } {
  if (name === undefined) return {};
  const id = textOf(run, name, path);
  disarm(run, run.timers.removeId(id));
  return { id };
}

function raise(run: Run, { event, data, delay, id: name, path }: ActionOf<"raise">): void {
  const payload = dataOf(run, data, path);
  const id = replacing(run, name, path);
  if (delay === undefined) {
    run.queue.push({ type: event, data: payload.data, text: payload.text });
    return;
  }
  const ms = wait(run, delay, path);
  if (ms === 0) run.effects.push({ kind: "raise", event, ...payload });
  else arm(run, ms, { kind: "raise", event, ...payload, ...id });
}

function send(run: Run, action: ActionOf<"send">): void {
  const { event, data, delay, path } = action;
  const to = build(run, action.to, path);
  if (typeof to !== "string")
    throw new ExecutionFailure(`${path}: the key to send to must be a string, this is ${JSON.stringify(to)}`);
  const payload = {
    event,
    to,
    ...dataOf(run, data, path),
    ...replacing(run, action.id, path),
    ...extrasOf(run, action),
  };
  const ms = delay === undefined ? 0 : wait(run, delay, path);
  if (ms === 0) run.effects.push({ kind: "send", ...payload });
  else arm(run, ms, { kind: "send", ...payload });
}

function extrasOf(run: Run, { def, eventId, expire, path }: ActionOf<"send">): SendExtras {
  return {
    ...(def === undefined ? {} : { def: textOf(run, def, path) }),
    ...(eventId === undefined ? {} : { eventId: textOf(run, eventId, path) }),
    ...(expire === undefined ? {} : { expireAtMs: run.now + wait(run, expire, path) }),
  };
}

/** A delay in milliseconds. @throws ExecutionFailure when it is none. */
export function wait(run: Run, delay: Delay, path: string): number {
  const found = orFail(path, () => delayMs(delay, run));
  if ("ms" in found) return found.ms;
  throw new ExecutionFailure(
    `${path}: the delay is ${shown(found.value)}, which is not a length of time: ${DELAY_FORMS}`,
  );
}

function startTask(
  run: Run,
  { task, input, done, failed, timeout, attempts, retry, path }: ActionOf<"task">,
): void {
  const effect: Effect = {
    kind: "task",
    task: textOf(run, task, path),
    ...inputOf(run, input, path),
    ...(done === undefined ? {} : { done }),
    ...(failed === undefined ? {} : { failed }),
    ...(timeout === undefined ? {} : { timeoutMs: wait(run, timeout, path) }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(retry === undefined ? {} : { retry }),
  };
  run.effects.push(effect);
}

function inputOf(run: Run, template: Template | undefined, path: string) {
  const { data, text } = dataOf(run, template, path);
  if (data === undefined) return {};
  return text === undefined ? { input: data } : { input: data, text };
}
