/**
 * The recorded events of a machine run again, under its definition or another. Pure: nothing is read or written, other
 * machines are not asked, and time is what the history says.
 *
 * Under its own definition each entry is what it was: the timer that fired fires, the event that was raised comes. Under
 * another one only what came from outside is taken from the history; timers, and what the machine sends itself, are those
 * that it would have had.
 */
import { sameData } from "../base/exact-json.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { ERROR_EXECUTION, STOP_EVENT } from "../engine/event-names.ts";
import type { Machine } from "../engine/machine.ts";
import { patch } from "../engine/patch.ts";
import { activeStates, deliver, fire, recall, type StartOptions, start, step } from "../engine/step.ts";
import type { EngineEvent, Env, Moved, Snapshot, StepLimits, StepResult, Timer } from "../engine/types.ts";
import type { HistoryEntry } from "./history.ts";
import { type Standing, standingAfter } from "./standing.ts";

/** How what was computed for an entry differs from what was recorded. */
export type Difference =
  /** The event is not accepted, or a guard is false, where it was taken. */
  | "refused"
  /** It is taken and fails, or there is no end to what it sets off. */
  | "failed"
  /** Other states are active. */
  | "states"
  /** The same states, and another context: told under the machine's own definition alone. */
  | "context";

/** An entry and what it is when it runs again. */
export interface RerunStep {
  readonly entry: HistoryEntry;
  readonly computed: readonly string[];
  /** Undefined where both are equal. */
  readonly difference: Difference | undefined;
}

export interface RerunOptions {
  readonly machine: Machine;
  /** Whether it is the definition that the entries were recorded under. */
  readonly isOwn: boolean;
  readonly key: string;
  readonly limits: StepLimits;
  /** The machine as it was recorded after a rev, for an undo that goes back to before the first entry. */
  readonly recordedAt?: (rev: number) => Snapshot | undefined;
}

/** What a machine does by itself for one entry, at most: timers that fire, events that it sends itself. */
const OWN_STEPS_MAX = 1000;

export class Rerun {
  readonly #options: RerunOptions;
  #snapshot: Snapshot;
  #was: Standing;
  #isSuspended: boolean;
  #nowMs: number;
  #inbox: EngineEvent[] = [];
  /** What the machine has sent itself and not got yet. */
  #sent: EngineEvent[] = [];
  #stepsLeft = OWN_STEPS_MAX;
  #trouble: "refused" | "failed" | undefined;
  /** By rev, for an undo that goes back there. */
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #fired = new WeakSet<Timer>();
  /** Ids of the events that came: one that a join let go of is in the history twice. */
  readonly #ids = new Set<string>();

  /** `snapshot` is what the machine is after the entry `was`. */
  constructor(options: RerunOptions, snapshot: Snapshot, was: Standing) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.#was = was;
    this.#isSuspended = was.status === "suspended";
    this.#nowMs = was.atMs;
    this.#snapshots.set(was.rev, snapshot);
  }

  get states(): readonly string[] {
    return activeStates(this.#options.machine, this.#snapshot);
  }

  /** Runs the next entry. */
  step(entry: HistoryEntry): RerunStep {
    this.#trouble = undefined;
    this.#stepsLeft = OWN_STEPS_MAX;
    if (!this.#options.isOwn) this.#fireUntil(entry.atMs);
    this.#nowMs = Math.max(this.#nowMs, entry.atMs);
    this.#run(entry);
    // The recorded context is compared under the machine's own definition alone.
    if (this.#options.isOwn) this.#was = standingAfter(this.#was, entry);
    this.#snapshots.set(entry.rev, this.#snapshot);
    return { entry, computed: this.states, difference: this.#difference(entry) };
  }

  /** Lets the time pass until then. */
  finish(nowMs: number): void {
    this.#stepsLeft = OWN_STEPS_MAX;
    if (!this.#options.isOwn) this.#fireUntil(nowMs);
  }

  #difference({ to }: HistoryEntry): Difference | undefined {
    const { states } = this;
    if (states.length !== to.length || states.some((state, i) => state !== to[i]))
      return this.#trouble ?? "states";
    const { context } = this.#was;
    return this.#options.isOwn && context !== undefined && !sameData(this.#snapshot.context, context)
      ? "context"
      : undefined;
  }

  #run(entry: HistoryEntry): void {
    const { isOwn, key } = this.#options;
    switch (entry.kind) {
      case "event":
      case "send":
      case "mutate":
        // What it sent itself has come already.
        if (isOwn || (this.#isNew(entry) && (entry.kind !== "send" || entry.by !== key)))
          this.#take(entry, false);
        break;
      case "retry":
        if (isOwn) this.#take(entry, true);
        break;
      case "child":
        if (entry.event !== STOP_EVENT) this.#take(entry, true);
        break;
      case "raise":
        if (isOwn) this.#take(entry, true);
        break;
      case "timer":
        if (isOwn) this.#fireRecorded(entry);
        break;
      default:
        this.#runDeed(entry);
    }
  }

  #isNew({ id }: HistoryEntry): boolean {
    if (id === undefined) return true;
    const isNew = !this.#ids.has(id);
    this.#ids.add(id);
    return isNew;
  }

  /** What an operator has done. */
  #runDeed(entry: HistoryEntry): void {
    const { machine } = this.#options;
    switch (entry.kind) {
      case "suspend":
        this.#isSuspended = true;
        break;
      case "resume":
        this.#isSuspended = false;
        break;
      case "reset":
        this.#begin({});
        break;
      case "force":
        this.#begin({ states: entry.to, wholeContext: this.#snapshot.context });
        break;
      case "patch": {
        const document = entry.data?.value;
        if (!isJsonObject(document)) break;
        const settles = !this.#isSuspended;
        this.#follow(patch(machine, this.#snapshot, { document, settles }, this.#env()));
        break;
      }
      case "undo":
        this.#goBack(entry);
        break;
    }
  }

  #begin(options: StartOptions): void {
    const started = start(this.#options.machine, this.#env(), options);
    this.#inbox = [];
    this.#isSuspended = false;
    this.#follow(started);
  }

  #goBack({ data, status }: HistoryEntry): void {
    const value = data?.value;
    const rev = isJsonObject(value) ? Number(value["rev"]) : 0;
    const before = this.#snapshots.get(rev - 1) ?? this.#options.recordedAt?.(rev - 1);
    if (before === undefined) return;
    const { timerSeq } = this.#snapshot;
    const timers = before.timers.filter((timer) => !this.#fired.has(timer));
    this.#snapshot = { ...before, timers, timerSeq: Math.max(timerSeq, before.timerSeq) };
    this.#isSuspended = status === "suspended";
  }

  #take({ event = "", data, id, by, reason, stampMs, trace, atMs }: HistoryEntry, isOwnEvent: boolean): void {
    if (this.#isSuspended) {
      this.#trouble = "refused";
      return;
    }
    const { machine } = this.#options;
    const payload = data === undefined ? {} : { data: data.value, text: data.text };
    const origin = { id, by, reason, stampMs, trace, receivedMs: atMs };
    const given: EngineEvent = isOwnEvent ? { type: event, ...payload } : { type: event, ...payload, origin };
    const env = this.#env();
    const result = isOwnEvent
      ? deliver(machine, this.#snapshot, { event: given, env })
      : step(machine, this.#snapshot, given, env);
    if (result.kind === "deferred" && !this.#options.isOwn) this.#inbox.push(given);
    this.#follow(result);
  }

  #fireRecorded({ event, rest }: HistoryEntry): void {
    const { timers } = this.#snapshot;
    const timer =
      timers.find(({ seq }) => seq === rest?.x?.["seq"]) ?? timers.find((one) => one.event === event);
    if (timer === undefined) this.#trouble = "refused";
    else this.#fire(timer);
  }

  /** Fires the timers that are due by then, in the order in which they are. */
  #fireUntil(untilMs: number): void {
    while (!this.#isSuspended && this.#snapshot.status === "active") {
      const due = firstDue(this.#snapshot.timers, untilMs);
      if (due === undefined) return;
      if (!this.#mayGoOn()) return;
      this.#nowMs = Math.max(this.#nowMs, due.deadlineMs);
      this.#fire(due);
    }
  }

  #fire(timer: Timer): void {
    this.#fired.add(timer);
    this.#follow(fire(this.#options.machine, this.#snapshot, timer.seq, this.#env()));
  }

  #mayGoOn(): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) this.#trouble = "failed";
    return this.#stepsLeft >= 0;
  }

  /** Goes on from the result of a step with what the machine does by itself then. */
  #follow(result: StepResult): void {
    this.#settle(result);
    if (this.#options.isOwn) return;
    while (!this.#isSuspended && this.#snapshot.status === "active") {
      const next = this.#nextOwn();
      if (next === undefined || !this.#mayGoOn()) return;
      this.#settle(next());
    }
  }

  /** The step that comes first of those that nobody has to ask for: deferred events, then what the machine has sent itself. */
  #nextOwn(): (() => StepResult) | undefined {
    const { machine } = this.#options;
    const env = this.#env();
    const position = this.#inbox.length === 0 ? undefined : recall(machine, this.#snapshot, this.#inbox, env);
    const [deferred] = position === undefined ? [] : this.#inbox.splice(position, 1);
    if (deferred !== undefined) return () => step(machine, this.#snapshot, deferred, env);
    const event = this.#sent.shift();
    return event && (() => deliver(machine, this.#snapshot, { event, env }));
  }

  #settle(result: StepResult): void {
    if (result.kind === "moved") {
      this.#moved(result);
      return;
    }
    if (result.kind === "refused") this.#trouble = "refused";
    if (result.kind !== "refused") this.#snapshot = result.snapshot;
    if (result.kind !== "failed") return;
    this.#trouble = "failed";
    // Under its own definition the error is an entry of its own.
    if (this.#options.isOwn) return;
    const { code, message } = result;
    const event = { type: ERROR_EXECUTION, data: { event: "", code, message } };
    const told = deliver(this.#options.machine, this.#snapshot, { event, env: this.#env() });
    if (told.kind === "moved") this.#moved(told);
  }

  #moved({ snapshot, effects }: Moved): void {
    this.#snapshot = snapshot;
    const { key, isOwn } = this.#options;
    for (const effect of effects) {
      if (effect.kind === "suspend") this.#isSuspended = true;
      if (!isOwn && effect.kind === "released")
        for (const kept of effect.kept) this.#sent.push(eventOf(kept.event, kept));
      if (isOwn || (effect.kind !== "raise" && !(effect.kind === "send" && effect.to === key))) continue;
      this.#sent.push(eventOf(effect.event, effect));
    }
  }

  #env(): Env {
    const { key, limits } = this.#options;
    return { now: this.#nowMs, key, limits };
  }
}

function eventOf(type: string, { data, text }: Pick<Timer, "data" | "text">): EngineEvent {
  return { type, ...(data === undefined ? {} : { data }), ...(text === undefined ? {} : { text }) };
}

function firstDue(timers: readonly Timer[], untilMs: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers)
    if (timer.deadlineMs <= untilMs && (first === undefined || timer.deadlineMs < first.deadlineMs))
      first = timer;
  return first;
}

/**
 * Where a machine begins under another definition: in that one's initial states where it began in those of its own, with
 * the fields of the context that it was given. Undefined where there are no such states, or the beginning fails.
 */
export function beginUnder(
  options: RerunOptions,
  own: Machine | undefined,
  created: Standing,
): Snapshot | undefined {
  const env = { now: created.atMs, key: options.key, limits: options.limits };
  const usual = own && start(own, env);
  const began = usual?.kind === "moved" ? usual.snapshot : undefined;
  const isInitial =
    own !== undefined && began !== undefined && sameNames(activeStates(own, began), created.to);
  const context = given(began?.context ?? {}, created.context ?? {});
  const started = start(options.machine, env, { context, ...(isInitial ? {} : { states: created.to }) });
  return started.kind === "moved" ? started.snapshot : undefined;
}

/** A machine in the states and with the context that it had, under another definition; timers as if it had just come there. */
export function placeUnder(options: RerunOptions, was: Standing): Snapshot | undefined {
  const env = { now: was.atMs, key: options.key, limits: options.limits };
  const placed = start(options.machine, env, { states: was.to, wholeContext: was.context ?? {} });
  if (placed.kind !== "moved") return undefined;
  return { ...placed.snapshot, context: was.context ?? {} };
}

/** The fields of a context that are not what they would be without having been given. */
function given(usual: JsonObject, context: JsonObject): JsonObject {
  const own = Object.entries(context).filter(
    ([key, value]) => !Object.hasOwn(usual, key) || !sameData(value, usual[key]),
  );
  return Object.fromEntries(own);
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}
