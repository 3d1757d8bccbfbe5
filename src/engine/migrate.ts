/**
 * A machine goes on under another definition: it is carried over, by way of other versions where there are maps for
 * these, and then what follows of its own accord happens. Actions on entry do not run; automatic transitions are taken,
 * invokes that are missing start, and children whose state is gone stop.
 */
import { type Carried, type CarryWish, carry, MIGRATE_EVENT } from "./carry.ts";
import type { Former, Misfit } from "./carry-states.ts";
import { spawn } from "./child-actions.ts";
import { replaceContext } from "./context-changes.ts";
import { ExecutionFailure, Run, snapshotOf } from "./interpreter.ts";
import { brokenInvariant } from "./invariants.ts";
import { type Machine, stateOf } from "./machine.ts";
import { changesOf, runToCompletion } from "./macrostep.ts";
import { finishStates } from "./microstep.ts";
import { misfitOf } from "./migration-fit.ts";
import type { MigrationMap } from "./migration-map.ts";
import { stateNames } from "./refusal.ts";
import { holdRaised } from "./step.ts";
import type { Env, FailureCode, Kept, Moved } from "./types.ts";

/** One definition on the way, the last one being where the machine is to go. */
export type MigrationStep = { readonly to: Machine; readonly map: MigrationMap };

/** What is asked for beside the definitions. */
export type MigrationWish = Pick<CarryWish, "states" | "context" | "history"> & {
  /** A suspended machine keeps what it raises until it goes on. */
  readonly isSuspended?: boolean;
  /** Whether a state from which nothing leads on, or whose guards cannot be read, keeps a machine from going there. */
  readonly isStrict?: boolean;
};

/** A machine under its new definition. */
export type Migrated = {
  readonly kind: "migrated";
  readonly moved: Moved;
  /** Before anything has run. */
  readonly carried: Carried;
  /** Events that joins have kept and that have no place any more, as the machine had them. */
  readonly droppedKept: readonly Kept[];
  readonly droppedHistories: number;
};

/** Why it could not be: it does not fit, or what follows fails. */
export type NotMigrated = Misfit & { readonly code: FailureCode | "NOSTATE" };

/** Carries a machine to the last of some definitions, each from the one before. */
export function migrate(
  former: Former,
  steps: readonly MigrationStep[],
  wish: MigrationWish,
  env: Env,
): Migrated | NotMigrated {
  const way = along(former, steps, wish, env);
  if (way.kind === "misfit") return { ...way, code: way.cause === "state" ? "NOSTATE" : "EXECFAIL" };
  const run = goOn(former, way, wish, env);
  if ("code" in run) return run;
  const { carried, droppedKept, droppedHistories } = way;
  const snapshot = snapshotOf(run);
  if (wish.isStrict === true) {
    const misfit = misfitOf(former, way.to, snapshot, env);
    if (misfit !== undefined) return { ...misfit, code: "EXECFAIL" };
  }
  const moved: Moved = {
    kind: "moved",
    snapshot,
    effects: run.effects,
    changes: changesOf(run),
    trace: run.trace ?? [],
  };
  return { kind: "migrated", moved, carried, droppedKept, droppedHistories };
}

/** Where a machine has been carried to. */
type Way = {
  readonly kind: "way";
  readonly to: Machine;
  readonly carried: Carried;
  /** Final states that were final states before. */
  readonly finals: ReadonlySet<number>;
  readonly droppedKept: readonly Kept[];
  readonly droppedHistories: number;
};

function along(former: Former, steps: readonly MigrationStep[], wish: MigrationWish, env: Env): Way | Misfit {
  let current = former;
  let finals = finalsOf(former.machine, former.snapshot.configuration);
  const droppedKept: Kept[] = [];
  let droppedHistories = 0;
  for (const [position, { to, map }] of steps.entries()) {
    const isLast = position === steps.length - 1;
    const { history, states, context } = wish;
    const carried = carry(current, to, isLast ? { map, history, states, context } : { map, history }, env);
    if (carried.kind === "misfit") return carried;
    const { origins, since } = carried.places;
    finals = new Set(
      [...origins].flatMap(([index, from]) => (from.some((old) => finals.has(old)) ? [index] : [])),
    );
    droppedKept.push(...carried.droppedKept);
    droppedHistories += carried.droppedHistories;
    if (isLast) return { kind: "way", to, carried, finals, droppedKept, droppedHistories };
    current = {
      machine: to,
      snapshot: carried.snapshot,
      leaves: stateNames(to, carried.snapshot.configuration),
      since: new Map([...since].map(([index, ms]) => [stateOf(to, index).path, ms])),
      isStopped: former.isStopped,
      hasTargets: former.hasTargets,
    };
  }
  throw new Error("a migration has a definition to go to");
}

function finalsOf(machine: Machine | undefined, configuration: readonly number[]): ReadonlySet<number> {
  if (machine === undefined) return new Set();
  return new Set(configuration.filter((index) => stateOf(machine, index).kind === "final"));
}

/** What follows of its own accord. */
function goOn(
  former: Former,
  { to, carried, finals }: Way,
  { isSuspended }: MigrationWish,
  env: Env,
): Run | NotMigrated {
  const { snapshot } = carried;
  const before = { ...snapshot, context: former.snapshot.context };
  const run = new Run(to, before, { type: MIGRATE_EVENT, data: undefined, env });
  replaceContext(run, snapshot.context);
  try {
    if (snapshot.status === "active" && !former.isStopped) {
      exchangeChildren(run, former);
      const fresh = [...finalsOf(to, snapshot.configuration)].filter((index) => !finals.has(index));
      finishStates(run, fresh);
      if (run.kept.length > 0) run.joinsToCheck = new Set(run.kept.map(({ join }) => join));
      runToCompletion(run);
    }
    const breach = former.isStopped || to.invariants.length === 0 ? undefined : brokenInvariant(run);
    if (breach !== undefined) throw new ExecutionFailure(breach, "INVARIANT");
    if (isSuspended === true || run.effects.some(({ kind }) => kind === "suspend")) holdRaised(run);
    return run;
  } catch (error) {
    if (!(error instanceof ExecutionFailure)) throw error;
    return { kind: "misfit", cause: "step", code: error.code, message: error.message };
  }
}

/** Stops the children whose state is gone, and starts those of states that have others now. */
function exchangeChildren(run: Run, { machine, snapshot }: Former): void {
  const isRunning = machine !== undefined && snapshot.status === "active";
  const old = isRunning
    ? snapshot.configuration.flatMap((index) => stateOf(machine, index).invokes.map(({ id }) => id))
    : [];
  const invokes = run.configuration.flatMap((index) => stateOf(run.machine, index).invokes);
  const wanted = new Set(invokes.map(({ id }) => id));
  for (const id of old) if (!wanted.has(id)) run.effects.push({ kind: "stop", id });
  for (const invoke of invokes) if (!old.includes(invoke.id)) spawn(run, invoke);
}
