/**
 * The snapshot of a machine under another definition: its states, and with them the timers, slas, events that joins keep
 * and what histories remember. Nothing runs: `migrate.ts` goes on from there.
 */
import type { Json, JsonObject } from "../base/json.ts";
import { orFail } from "./action-values.ts";
import { carryHistories, carryKept } from "./carry-memory.ts";
import { type Former, isFinished, type Misfit, type Places, placesOf } from "./carry-states.ts";
import { type Carrying, carrySlas, carryTimers } from "./carry-times.ts";
import { putAt } from "./context-changes.ts";
import { EVENT_BUDGET, type Scope } from "./expressions-scope.ts";
import { ExecutionFailure, Run } from "./interpreter.ts";
import type { Machine } from "./machine.ts";
import { HISTORY_VARIABLE, type MigrationMap } from "./migration-map.ts";
import { BLANK_SNAPSHOT, type Env, type Kept, type Snapshot, STEP_LIMITS } from "./types.ts";

/** What is asked for beside the definition. */
export type CarryWish = {
  readonly map: MigrationMap;
  /** Paths or ids of the states to be in, in place of what the map says. */
  readonly states?: readonly string[] | undefined;
  /** Fields of the context, key by key. */
  readonly context?: JsonObject | undefined;
  /** The machine's history, for expressions that read it; asked for only then. */
  readonly history?: (() => Json) | undefined;
};

/** A machine under the other definition, before anything has run there. */
export type Carried = {
  readonly kind: "carried";
  readonly snapshot: Snapshot;
  readonly places: Places;
  /** Events that joins have kept and that have no place there. */
  readonly droppedKept: readonly Kept[];
  /** History states that remember nothing any more. */
  readonly droppedHistories: number;
};

/** The event that expressions see which run when a machine is carried over. */
export const MIGRATE_EVENT = "xstate.migrate";

/** Carries a machine over; or says why it does not fit. */
export function carry(former: Former, to: Machine, wish: CarryWish, env: Env): Carried | Misfit {
  const scope = scopeOf(former, wish, env);
  const places = placesOf(former, to, { map: wish.map, states: wish.states, scope });
  if (places.kind === "misfit") return places;
  try {
    const { configuration } = places;
    const context = contextOf(former, to, wish, { scope, configuration, env });
    return carryAll({ former, to, places, context, env }, wish, scope);
  } catch (error) {
    if (!(error instanceof ExecutionFailure)) throw error;
    return { kind: "misfit", cause: "context", message: error.message };
  }
}

/** What the expressions of a map see: the machine as it was. */
function scopeOf({ machine, snapshot, leaves }: Former, { history }: CarryWish, env: Env): Scope {
  const run = machine && new Run(machine, snapshot, { type: MIGRATE_EVENT, data: undefined, env });
  const locals = {
    get [HISTORY_VARIABLE](): Json {
      return history?.() ?? [];
    },
  };
  return {
    context: snapshot.context,
    constants: machine?.constants ?? {},
    eventType: MIGRATE_EVENT,
    eventData: undefined,
    now: env.now,
    key: env.key,
    resultSizeMax: (env.limits ?? STEP_LIMITS).resultSizeMax,
    budgetLeft: EVENT_BUDGET,
    locals,
    relatives: env.relatives,
    activeIds: () => run?.activeIds() ?? leaves,
  };
}

/**
 * The context under the new definition: that of the machine, with the fields it lacks of those that a new machine has,
 * those that the map makes, and those that were given.
 */
function contextOf(
  { snapshot }: Former,
  to: Machine,
  { map, context: given }: CarryWish,
  { scope, configuration, env }: { scope: Scope; configuration: readonly number[]; env: Env },
): JsonObject {
  const base = { ...to.context, ...snapshot.context };
  if (map.context.length === 0) return given === undefined ? base : { ...base, ...given };
  const run = new Run(
    to,
    { ...BLANK_SNAPSHOT, configuration, context: base },
    { type: MIGRATE_EVENT, data: undefined, env },
  );
  for (const { path, keys, value } of map.context)
    orFail(`context.${path} of the map`, () => putAt(run, keys, value.build(scope)));
  return given === undefined ? run.context : { ...run.context, ...given };
}

function carryAll(work: Carrying, wish: CarryWish, scope: Scope): Carried {
  const { former, to, places, context } = work;
  const { snapshot } = former;
  const { kept, dropped } = carryKept(former, to, places);
  const { history, dropped: droppedHistories } = carryHistories(former, to, { map: wish.map, scope });
  const base: Snapshot = { ...BLANK_SNAPSHOT, configuration: places.configuration, context, history };
  const wasDone = snapshot.status === "done";
  if (former.isStopped || (wasDone && isFinished(to, places.configuration))) {
    const ended: Snapshot = { ...base, status: snapshot.status, timerSeq: snapshot.timerSeq };
    const whole = snapshot.output === undefined ? ended : { ...ended, output: snapshot.output };
    return { kind: "carried", snapshot: whole, places, droppedKept: dropped, droppedHistories };
  }
  const { timers, timerSeq } = carryTimers(work);
  const slas = carrySlas(work);
  return {
    kind: "carried",
    snapshot: { ...base, kept, timers, slas, timerSeq },
    places,
    droppedKept: dropped,
    droppedHistories,
  };
}
