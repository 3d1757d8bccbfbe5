/**
 * All that a machine can come to, breadth first and bounded: from each situation every event that it accepts, with data
 * that meets its guards open and closed, time up to the next timer, and the ends of children. What is found first is
 * found on a shortest way.
 */
import type { Json } from "../base/json.ts";
import { covers, doneActorEvent, errorActorEvent } from "../engine/event-names.ts";
import type { Machine } from "../engine/machine.ts";
import { acceptedEvents } from "../engine/refusal.ts";
import { reactsTo } from "../engine/select.ts";
import type { StepObserver } from "../engine/types.ts";
import { outcomeKey } from "./coverage.ts";
import { keyOf } from "./explore-key.ts";
import { type Breach, judge, NONE_RELEASED, type Property, type Released } from "./properties.ts";
import { begin, type Outcome, type Rehearsed, type Situation, timersInOrder } from "./rehearsal.ts";
import { act } from "./run-case.ts";
import { Samples } from "./samples.ts";
import { ownEventsOf } from "./sent-events.ts";
import { type Action, sendAction } from "./test-file.ts";

export interface ExploreOptions {
  readonly key: string;
  readonly nowMs: number;
  /** Situations at most. */
  readonly situationsMax: number;
  /** Events that clients send, and their data; undefined when any may be sent. */
  readonly events: ReadonlyMap<string, readonly Json[]> | undefined;
  readonly properties: readonly Property[];
}

/** A situation that was reached. */
export interface Place {
  readonly number: number;
  /** The same for situations from which the machine does the same (`explore-key.ts`). */
  readonly key: string;
  readonly situation: Situation;
  /** The way it was reached first; undefined for the start. */
  readonly from: Move | undefined;
  readonly released: Released;
  /** What can be done there; filled when it has been gone on from. */
  readonly moves: Move[];
}

/** Something that was done in a place. */
export interface Move {
  readonly from: Place;
  readonly action: Action;
  readonly outcome: Outcome;
  /** Where it leads; undefined where nothing came of it, or beyond the bounds. */
  to: Place | undefined;
  /** Paths of the transitions taken, and outcomes of guards (`coverage.ts`). */
  readonly taken: readonly string[];
  readonly guards: readonly string[];
  readonly breaches: readonly Breach[];
}

export interface Exploration {
  readonly rehearsed: Rehearsed;
  /** Why the machine cannot start; there are no places then. */
  readonly refusal: Outcome["refusal"];
  readonly start: Move | undefined;
  readonly places: readonly Place[];
  readonly moves: readonly Move[];
  readonly taken: ReadonlySet<string>;
  readonly guards: ReadonlySet<string>;
  /** States that were entered, those that were left again at once among them. */
  readonly entered: ReadonlySet<number>;
  /** False when there was more than the bounds allow. */
  readonly isComplete: boolean;
}

/** Situations with the same states that differ in something else, such as a count that rises. */
const VARIANTS_MAX = 24;

/** Errors of which the server notifies the machine: no client sends them. */
const ERROR_PREFIX = "error.";

export function explore(machine: Machine, options: ExploreOptions): Exploration {
  return new Explorer(machine, options).run();
}

class Explorer {
  readonly #machine: Machine;
  readonly #options: ExploreOptions;
  readonly #samples: Samples;
  readonly #rehearsed: Rehearsed;
  readonly #places: Place[] = [];
  readonly #byKey = new Map<string, Place>();
  readonly #variants = new Map<string, number>();
  readonly #entered = new Set<number>();
  readonly #allTaken = new Set<string>();
  readonly #allGuards = new Set<string>();
  #taken: string[] = [];
  #guards: string[] = [];
  #isComplete = true;

  constructor(machine: Machine, options: ExploreOptions) {
    this.#machine = machine;
    this.#options = options;
    this.#samples = new Samples(machine, options.events);
    const observer: StepObserver = {
      onGuard: ({ path }, holds) => this.#guards.push(outcomeKey(path, holds)),
      onTaken: ({ path }) => this.#taken.push(path),
      onEntered: (states) => {
        for (const state of states) this.#entered.add(state);
      },
    };
    this.#rehearsed = { machine, key: options.key, observer };
  }

  run(): Exploration {
    const outcome = begin(this.#rehearsed, { nowMs: this.#options.nowMs });
    const start = outcome.refusal === undefined ? this.#startWith(outcome) : undefined;
    const moves: Move[] = [];
    // The list grows while it is walked through: breadth first.
    for (const place of this.#places) {
      for (const move of this.#movesFrom(place)) place.moves.push(move);
      moves.push(...place.moves);
    }
    return {
      rehearsed: this.#rehearsed,
      refusal: outcome.refusal,
      start,
      places: this.#places,
      moves,
      taken: this.#allTaken,
      guards: this.#allGuards,
      entered: this.#entered,
      isComplete: this.#isComplete,
    };
  }

  #startWith(outcome: Outcome): Move {
    const { situation } = outcome;
    const { released, breaches } = this.#judge(NONE_RELEASED, situation);
    const place = this.#placeOf(keyOf(this.#machine, situation, released), situation, undefined, released);
    const action: Action = { kind: "resume" };
    // What happens at the start has no place before it.
    const from = place ?? { number: 0, key: "", situation, from: undefined, released, moves: [] };
    return { from, action, outcome, to: place, ...this.#seen(), breaches };
  }

  *#movesFrom(place: Place): Generator<Move> {
    const { situation } = place;
    const { snapshot } = situation;
    if (snapshot.status === "done") return;
    if (situation.isSuspended) {
      yield this.#move(place, { kind: "resume" });
      return;
    }
    for (const event of eventsIn(this.#machine, situation, this.#options.events))
      yield* this.#eventMoves(place, event);
    const [timer] = timersInOrder(snapshot);
    if (timer !== undefined) {
      const ms = Math.max(0, timer.deadlineMs - situation.nowMs);
      yield this.#move(place, { kind: "wait", ms, text: String(ms) });
    }
    yield* this.#childMoves(place);
  }

  /** One move for each way the event is taken: the data that leads to nothing new is left out. */
  *#eventMoves(place: Place, event: string): Generator<Move> {
    const ways = new Set<string>();
    for (const data of this.#samples.dataFor(event, place.situation.snapshot)) {
      const move = this.#move(place, sendAction(event, { data }), ways);
      if (move !== undefined) yield move;
    }
  }

  *#childMoves(place: Place): Generator<Move> {
    const { situation } = place;
    const { snapshot } = situation;
    const { configuration } = snapshot;
    for (const { id, status, isList } of situation.children) {
      if (status !== "active") continue;
      if (reactsTo(this.#machine, configuration, doneActorEvent(id))) {
        const ways = new Set<string>();
        for (const data of this.#samples.dataFor(doneActorEvent(id), snapshot)) {
          const output = outputIn(data) ?? (isList ? [] : null);
          const move = this.#move(place, { kind: "child", id, end: { done: output } }, ways);
          if (move !== undefined) yield move;
        }
      } else yield this.#move(place, { kind: "child", id, end: { done: null } });
      if (reactsTo(this.#machine, configuration, errorActorEvent(id)))
        yield this.#move(place, { kind: "child", id, end: { error: { code: "EXECFAIL" } } });
    }
  }

  #move(place: Place, action: Action): Move;
  #move(place: Place, action: Action, ways: Set<string>): Move | undefined;
  #move(place: Place, action: Action, ways?: Set<string>): Move | undefined {
    const breaches: Breach[] = [];
    let { released } = place;
    const outcome = act(this.#rehearsed, place.situation, action, (situation) => {
      const judged = this.#judge(released, situation);
      ({ released } = judged);
      breaches.push(...judged.breaches);
    });
    const seen = this.#seen();
    const key = outcome.refusal === undefined ? keyOf(this.#machine, outcome.situation, released) : place.key;
    const way = ways && wayOf(outcome, seen, key === place.key);
    if (way !== undefined && ways?.has(way) === true) return undefined;
    if (way !== undefined) ways?.add(way);
    const move: Move = { from: place, action, outcome, to: undefined, ...seen, breaches };
    if (outcome.refusal === undefined) move.to = this.#placeOf(key, outcome.situation, move, released);
    return move;
  }

  #judge(released: Released, situation: Situation) {
    return judge(this.#options.properties, released, this.#rehearsed, situation);
  }

  #seen(): Pick<Move, "taken" | "guards"> {
    const seen = { taken: this.#taken, guards: this.#guards };
    this.#taken = [];
    this.#guards = [];
    for (const path of seen.taken) this.#allTaken.add(path);
    for (const guard of seen.guards) this.#allGuards.add(guard);
    return seen;
  }

  /** The place of a situation, a new one where it has not been reached before; undefined beyond the bounds. */
  #placeOf(key: string, situation: Situation, from: Move | undefined, released: Released): Place | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const states = situation.snapshot.configuration.join(",");
    const variants = this.#variants.get(states) ?? 0;
    if (variants >= VARIANTS_MAX || this.#places.length >= this.#options.situationsMax) {
      this.#isComplete = false;
      return undefined;
    }
    this.#variants.set(states, variants + 1);
    const place: Place = { number: this.#places.length, key, situation, from, released, moves: [] };
    this.#byKey.set(key, place);
    this.#places.push(place);
    return place;
  }
}

/** Events to try in a situation: what it accepts, of that what clients and workers send. */
export function eventsIn(
  machine: Machine,
  { snapshot }: Situation,
  given: ReadonlyMap<string, readonly Json[]> | undefined,
): readonly string[] {
  const names = new Set<string>();
  const deferred = snapshot.configuration.flatMap((index) => [...(machine.states[index]?.defer ?? [])]);
  for (const descriptor of [...acceptedEvents(machine, snapshot), ...deferred]) {
    if (descriptor.startsWith(ERROR_PREFIX)) continue;
    const sent = given === undefined ? [] : [...given.keys()].filter((name) => covers(descriptor, name));
    for (const name of sent) names.add(name);
    if (given === undefined || ownEventsOf(machine).answers.has(descriptor)) names.add(nameFor(descriptor));
  }
  return [...names];
}

/** A name that a descriptor with a wildcard covers. */
function nameFor(descriptor: string): string {
  if (descriptor === "*") return "any-event";
  return descriptor.endsWith(".*") ? `${descriptor.slice(0, -1)}any` : descriptor;
}

function outputIn(data: Json | undefined): Json | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  return (data as { readonly [key: string]: Json })["output"];
}

function wayOf(
  { situation, refusal, kind }: Outcome,
  { taken, guards }: Pick<Move, "taken" | "guards">,
  isSame: boolean,
): string {
  const { configuration } = situation.snapshot;
  return `${isSame} ${kind} ${refusal?.code} ${refusal?.code === "INVARIANT" ? refusal.message : ""} ${configuration.join(",")} ${taken.join()} ${guards.join()}`;
}

/** The moves that lead to a place, the first one first. */
export function wayTo(place: Place): readonly Move[] {
  const moves: Move[] = [];
  for (let move = place.from; move !== undefined; move = move.from.from) moves.unshift(move);
  return moves;
}
