/**
 * A machine played through without a server: events, time that is moved by hand, ends of children. What a step sets off
 * (events the machine raises, deferred events that a state takes now) follows in the order a server keeps. A situation is
 * immutable, so that one may be gone on from in many ways.
 */
import type { Json, JsonObject } from "../base/json.ts";
import { doneActorEvent, ERROR_EXECUTION, errorActorEvent } from "../engine/event-names.ts";
import { type Machine, stateOf } from "../engine/machine.ts";
import { tooLate } from "../engine/refusal.ts";
import { hasNumber } from "../engine/sorted.ts";
import { deliver, fire, recall, start, step } from "../engine/step.ts";
import {
  BLANK_SNAPSHOT,
  type Effect,
  type EngineEvent,
  type Env,
  type Moved,
  type Relatives,
  type Snapshot,
  type StepObserver,
  type StepResult,
  type Timer,
} from "../engine/types.ts";

/** What is played, and what watches it. */
export interface Rehearsed {
  readonly machine: Machine;
  readonly key: string;
  readonly observer?: StepObserver | undefined;
}

/** A step that no client waits for and that has failed: the machine keeps it. */
export interface FailedStep {
  readonly event: string;
  readonly code: string;
  readonly message: string;
  /** The state that had armed it. */
  readonly state: number | undefined;
}

export interface Child {
  readonly id: string;
  readonly src: string;
  readonly isList: boolean;
  readonly status: "active" | "done" | "failed" | "stopped";
  readonly output: Json;
}

export interface Situation {
  readonly snapshot: Snapshot;
  readonly inbox: readonly EngineEvent[];
  readonly failed: readonly FailedStep[];
  readonly children: readonly Child[];
  readonly isSuspended: boolean;
  readonly nowMs: number;
}

export type Status = "active" | "done" | "suspended" | "failed";

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What has become of something that was done to a machine. */
export interface Outcome {
  readonly situation: Situation;
  /** Effects of all steps, in their order. */
  readonly effects: readonly Effect[];
  /** Why nothing came of it; undefined when something did. */
  readonly refusal: Refusal | undefined;
  /** Steps that have failed meanwhile without a client that waited for them. */
  readonly failures: readonly FailedStep[];
  /** `deferred` and `ignored` for an event that moved nothing and was not refused either. */
  readonly kind: "moved" | "deferred" | "ignored" | "refused";
}

export interface Beginning {
  readonly nowMs: number;
  readonly states?: readonly string[];
  readonly context?: JsonObject;
}

/** What one event may set off beside itself, as in the server. */
const FOLLOW_UPS_MAX = 1000;
/** Timers of one move of the clock; a machine that arms one of no length again and again would go on for ever. */
const TIMERS_MAX = 10_000;

/** Starts a machine; the refusal is why it cannot start. */
export function begin(rehearsed: Rehearsed, { nowMs, states, context }: Beginning): Outcome {
  const playing = new Playing(rehearsed, { ...BLANK, nowMs });
  const result = start(rehearsed.machine, playing.env(), {
    ...(states === undefined ? {} : { states }),
    ...(context === undefined ? {} : { context }),
  });
  return playing.outcomeOf(result, undefined);
}

/** An event from a client. */
export function sendEvent(rehearsed: Rehearsed, situation: Situation, event: EngineEvent): Outcome {
  const early = refusalBefore(rehearsed.machine, situation, event.type);
  if (early !== undefined) return nothing(situation, early);
  const playing = new Playing(rehearsed, situation);
  return playing.outcomeOf(step(rehearsed.machine, situation.snapshot, event, playing.env()), event);
}

/** Time passes until a moment; timers fire one by one, each at its time. */
export function passTime(
  rehearsed: Rehearsed,
  situation: Situation,
  untilMs: number,
  onTimer?: (situation: Situation) => void,
): Outcome {
  const playing = new Playing(rehearsed, situation);
  for (let count = 0; count < TIMERS_MAX; count += 1) {
    const due = playing.nextTimer(untilMs);
    if (due === undefined) return playing.end("moved", untilMs);
    playing.fire(due);
    onTimer?.(playing.situation);
  }
  return nothing(situation, {
    code: "EXECFAIL",
    message: `more than ${TIMERS_MAX} timers fire before ${new Date(untilMs).toISOString()}`,
  });
}

/** Fires one timer, whose time it is then. */
export function fireTimer(rehearsed: Rehearsed, situation: Situation, timer: Timer): Outcome {
  const playing = new Playing(rehearsed, situation);
  playing.fire(timer);
  return playing.end("moved");
}

/** How a child ends: what it gives out, or why it failed. */
export type ChildEnd = { readonly done: Json | undefined } | { readonly error: JsonObject };

/** A child comes to its end. */
export function endChild(rehearsed: Rehearsed, situation: Situation, id: string, end: ChildEnd): Outcome {
  const child = situation.children.find((candidate) => candidate.id === id && candidate.status === "active");
  if (child === undefined) {
    const ids = situation.children.filter(({ status }) => status === "active").map((active) => active.id);
    const message = `there is no active child '${id}'; active: ${ids.length === 0 ? "none" : ids.join(", ")}`;
    return nothing(situation, { code: "NOMACHINE", message });
  }
  const playing = new Playing(rehearsed, situation);
  if ("done" in end) {
    playing.setChild({ ...child, status: "done", output: end.done ?? null });
    playing.tell(doneActorEvent(id), end.done === undefined ? undefined : { output: end.done });
  } else {
    if (!child.isList) playing.setChild({ ...child, status: "failed" });
    playing.tell(errorActorEvent(id), { code: "EXECFAIL", message: "it has failed", ...end.error });
  }
  return playing.end("moved");
}

/** A machine that was suspended goes on. */
export function resume(rehearsed: Rehearsed, situation: Situation): Outcome {
  const playing = new Playing(rehearsed, { ...situation, isSuspended: false });
  playing.recall();
  return playing.end("moved");
}

/** The status as SM.INFO shows it: the first that applies. */
export function statusOf({ snapshot, isSuspended, failed }: Situation): Status {
  if (snapshot.status === "done") return "done";
  if (isSuspended) return "suspended";
  return failed.length > 0 ? "failed" : "active";
}

/** Timers in the order in which they fire. */
export function timersInOrder({ timers }: Snapshot): readonly Timer[] {
  return [...timers].sort((a, b) => a.deadlineMs - b.deadlineMs || a.seq - b.seq);
}

/** What a step may know of the world in a situation. */
export function envIn({ key, observer }: Rehearsed, { nowMs, children }: Situation): Env {
  return { now: nowMs, key, observer, relatives: children.length === 0 ? undefined : relativesOf(children) };
}

function relativesOf(children: readonly Child[]): Relatives {
  const seen = Object.fromEntries(
    children.map(({ id, status, output }) => [id, { state: [], status, done: status === "done", output }]),
  );
  return { children: () => seen, parent: () => null };
}

export const BLANK: Situation = {
  snapshot: BLANK_SNAPSHOT,
  inbox: [],
  failed: [],
  children: [],
  isSuspended: false,
  nowMs: 0,
};

function refusalBefore(machine: Machine, situation: Situation, event: string): Refusal | undefined {
  const { snapshot } = situation;
  if (situation.isSuspended) return { code: "SUSPENDED", message: "the machine is suspended" };
  if (snapshot.status !== "done") return undefined;
  const leaves = snapshot.configuration
    .map((index) => stateOf(machine, index))
    .filter(({ children }) => children.length === 0);
  return {
    code: "DONE",
    message: tooLate(
      event,
      leaves.map(({ path }) => path),
    ),
  };
}

function nothing(situation: Situation, refusal: Refusal): Outcome {
  return { situation, effects: [], refusal, failures: [], kind: "refused" };
}

/** Where a step that failed came from. */
interface Source {
  readonly event: EngineEvent;
  readonly state?: number | undefined;
}

/** One event raised or sent to the machine itself, which is delivered after the step. */
interface FollowUp {
  readonly event: EngineEvent;
  readonly isSent: boolean;
}

/** A situation that is being changed: everything that one event sets off. */
class Playing {
  readonly #rehearsed: Rehearsed;
  readonly #before: Situation;
  #now: Situation;
  readonly #effects: Effect[] = [];
  readonly #failures: FailedStep[] = [];
  #queue: FollowUp[] = [];
  #released: EngineEvent[] = [];

  constructor(rehearsed: Rehearsed, situation: Situation) {
    this.#rehearsed = rehearsed;
    this.#before = situation;
    this.#now = situation;
  }

  get situation(): Situation {
    return this.#now;
  }

  env(): Env {
    return envIn(this.#rehearsed, this.#now);
  }

  /** What has become of an event a client waits for: its failure is the answer. */
  outcomeOf(result: StepResult, event: EngineEvent | undefined): Outcome {
    if (result.kind === "refused" || result.kind === "failed")
      return nothing(this.#before, { code: result.code, message: result.message });
    const excess = this.#carryOut(result, event);
    if (excess !== undefined) return nothing(this.#before, excess);
    return this.end(result.kind);
  }

  end(kind: Outcome["kind"], nowMs = this.#now.nowMs): Outcome {
    const situation = { ...this.#now, nowMs: Math.max(nowMs, this.#now.nowMs) };
    return { situation, effects: this.#effects, failures: this.#failures, refusal: undefined, kind };
  }

  nextTimer(untilMs: number): Timer | undefined {
    if (this.#now.isSuspended || this.#now.snapshot.status === "done") return undefined;
    const [first] = timersInOrder(this.#now.snapshot);
    return first !== undefined && first.deadlineMs <= untilMs ? first : undefined;
  }

  fire(timer: Timer): void {
    this.#now = { ...this.#now, nowMs: Math.max(this.#now.nowMs, timer.deadlineMs) };
    const { snapshot } = this.#now;
    const event = eventOf(timer);
    const result = fire(this.#rehearsed.machine, snapshot, timer.seq, this.env());
    // Whatever comes of it, the timer is over.
    const timers = snapshot.timers.filter(({ seq }) => seq !== timer.seq);
    if (result.kind !== "moved") this.#now = { ...this.#now, snapshot: { ...snapshot, timers } };
    this.#runOwn(result, { event, state: timer.state });
  }

  /** The machine gets an event of its own. */
  tell(type: string, data: JsonObject | undefined): void {
    const event: EngineEvent = data === undefined ? { type } : { type, data };
    this.#runOwn(this.#delivered(event), { event });
  }

  /** Hands the machine what waits in its inbox and is taken now. */
  recall(): void {
    this.#recallDeferred();
    this.#runFollowUps();
  }

  setChild(child: Child): void {
    const others = this.#now.children.filter(({ id }) => id !== child.id);
    this.#now = { ...this.#now, children: [...others, child] };
  }

  #delivered(event: EngineEvent): StepResult {
    return deliver(this.#rehearsed.machine, this.#now.snapshot, { event, env: this.env() });
  }

  /** A step of the machine's own with all that follows; a failure is the machine's to deal with. */
  #runOwn(result: StepResult, source: Source): void {
    if (result.kind === "failed" || result.kind === "refused") this.#fail(source, result);
    else {
      const before = this.#now;
      const counts = [this.#effects.length, this.#failures.length] as const;
      const excess = this.#carryOut(result, source.event);
      if (excess === undefined) return;
      this.#now = before;
      this.#effects.length = counts[0];
      this.#failures.length = counts[1];
      this.#fail(source, excess);
    }
    this.#runFollowUps();
  }

  #carryOut(result: StepResult, event: EngineEvent | undefined): Refusal | undefined {
    this.#accept(result, event);
    return this.#runFollowUps();
  }

  #accept(result: StepResult, event: EngineEvent | undefined): void {
    if (result.kind === "moved") {
      this.#move(result);
      this.#recallDeferred();
    } else if (result.kind === "deferred" && event !== undefined) {
      this.#now = { ...this.#now, snapshot: result.snapshot, inbox: [...this.#now.inbox, event] };
    } else if (result.kind === "ignored") this.#now = { ...this.#now, snapshot: result.snapshot };
  }

  #move({ snapshot, effects }: Moved): void {
    const entered = new Set(snapshot.configuration);
    const failed = this.#now.failed.filter(({ state }) => state === undefined || entered.has(state));
    this.#now = { ...this.#now, snapshot, failed };
    for (const effect of effects) this.#take(effect);
    if (snapshot.status !== "done") return;
    this.#now = { ...this.#now, inbox: [] };
    for (const child of this.#now.children)
      if (child.status === "active") this.setChild({ ...child, status: "stopped" });
  }

  #take(effect: Effect): void {
    this.#effects.push(effect);
    switch (effect.kind) {
      case "raise":
        this.#queue.push({ event: eventOf(effect), isSent: false });
        break;
      case "send":
        if (effect.to === this.#rehearsed.key) this.#queue.push({ event: eventOf(effect), isSent: true });
        break;
      case "released":
        this.#released.push(...effect.kept.map(eventOf));
        break;
      case "suspend":
        this.#now = { ...this.#now, isSuspended: true };
        break;
      case "spawn": {
        const { id, src, isList } = effect.child;
        this.setChild({ id, src, isList, status: "active", output: null });
        break;
      }
      case "stop": {
        const child = this.#now.children.find(({ id }) => id === effect.id);
        if (child?.status === "active") this.setChild({ ...child, status: "stopped" });
        break;
      }
    }
  }

  /** Each event once more whose join was left, then those of the inbox that are taken now. */
  #recallDeferred(): void {
    const { machine } = this.#rehearsed;
    for (let count = 0; count < FOLLOW_UPS_MAX && this.#isRunning(); count += 1) {
      const event = this.#released.shift() ?? this.#recalled();
      if (event === undefined) return;
      const result = step(machine, this.#now.snapshot, event, this.env());
      if (result.kind === "moved") this.#move(result);
      else if (result.kind === "failed") this.#fail({ event }, result);
      else if (result.kind === "deferred") this.#now = { ...this.#now, inbox: [...this.#now.inbox, event] };
    }
  }

  #recalled(): EngineEvent | undefined {
    const { inbox, snapshot } = this.#now;
    const position =
      inbox.length === 0 ? undefined : recall(this.#rehearsed.machine, snapshot, inbox, this.env());
    if (position === undefined) return undefined;
    this.#now = { ...this.#now, inbox: inbox.toSpliced(position, 1) };
    return inbox[position];
  }

  #isRunning(): boolean {
    return this.#now.snapshot.status !== "done" && !this.#now.isSuspended;
  }

  /** What the steps so far have raised, and what that raises. The refusal says that it is too much. */
  #runFollowUps(): Refusal | undefined {
    for (let count = 0; ; count += 1) {
      const next = this.#queue.shift();
      if (next === undefined) return undefined;
      if (count >= FOLLOW_UPS_MAX) {
        this.#queue = [];
        const message = `one event has set off more than ${FOLLOW_UPS_MAX} others: do machines send in a circle?`;
        return { code: "EXECFAIL", message };
      }
      if (this.#isRunning()) this.#followUp(next);
    }
  }

  #followUp({ event, isSent }: FollowUp): void {
    const result = isSent
      ? step(this.#rehearsed.machine, this.#now.snapshot, event, this.env())
      : this.#delivered(event);
    if (result.kind === "failed") this.#fail({ event }, result);
    else this.#accept(result, event);
  }

  /** The machine is notified of a step that has failed, and keeps it where no transition takes that. */
  #fail({ event, state }: Source, { code, message }: Refusal): void {
    const data = { event: event.type, code, message };
    const result = this.#delivered({ type: ERROR_EXECUTION, data });
    if (result.kind === "moved") {
      this.#accept(result, undefined);
      return;
    }
    const failed: FailedStep = { event: event.type, code, message, state };
    this.#failures.push(failed);
    this.#now = { ...this.#now, failed: [...this.#now.failed, failed] };
  }
}

function eventOf(given: {
  readonly event: string;
  readonly data?: Json;
  readonly text?: string;
}): EngineEvent {
  const { event: type, data, text } = given;
  return { type, ...(data === undefined ? {} : { data }), ...(text === undefined ? {} : { text }) };
}

/** True while a state is active, itself or through one below it. */
export function isIn(machine: Machine, { configuration }: Snapshot, name: string): boolean {
  const index = machine.byPath.get(name) ?? machine.byId.get(name.startsWith("#") ? name.slice(1) : name);
  return index !== undefined && hasNumber(configuration, index);
}
