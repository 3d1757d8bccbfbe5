/** Which transitions of a definition were taken, and which of their guards were both true and false. */
import { sourceOf } from "../engine/guards.ts";
import { type Machine, type StateNode, stateOf, type Transition } from "../engine/machine.ts";
import type { StepObserver } from "../engine/types.ts";

export interface CoverageReport {
  readonly transitionCount: number;
  readonly notTaken: readonly Transition[];
  /** Two for each guard. */
  readonly outcomeCount: number;
  readonly unseen: ReadonlyArray<{ readonly transition: Transition; readonly outcome: boolean }>;
}

export class Coverage {
  readonly #taken = new Set<string>();
  readonly #outcomes = new Set<string>();
  readonly observer: StepObserver = {
    onGuard: ({ path }, holds) => this.#outcomes.add(outcomeKey(path, holds)),
    onTaken: ({ path }) => this.#taken.add(path),
  };

  /** What is covered by now, as keys: to compare with what a walk adds. */
  get size(): number {
    return this.#taken.size + this.#outcomes.size;
  }

  report({ transitions }: Machine): CoverageReport {
    const guarded = transitions.filter(({ guard }) => guard !== undefined);
    return {
      transitionCount: transitions.length,
      notTaken: transitions.filter(({ path }) => !this.#taken.has(path)),
      outcomeCount: guarded.length * 2,
      unseen: guarded.flatMap((transition) =>
        [true, false]
          .filter((outcome) => !this.#outcomes.has(outcomeKey(transition.path, outcome)))
          .map((outcome) => ({ transition, outcome })),
      ),
    };
  }
}

export function outcomeKey(path: string, holds: boolean): string {
  return `${path} ${holds}`;
}

/** The part that is covered, in percent; all of nothing is 100. */
export function percentOf({ transitionCount, notTaken, outcomeCount, unseen }: CoverageReport): number {
  const all = transitionCount + outcomeCount;
  return all === 0 ? 100 : Math.floor(((all - notTaken.length - unseen.length) * 100) / all);
}

/** Coverage as lines of text. */
export function coverageLines(name: string, machine: Machine, report: CoverageReport): readonly string[] {
  const { transitionCount, notTaken, outcomeCount, unseen } = report;
  const part = (count: number, all: number, what: string) =>
    `${what} ${count} of ${all}${all === 0 ? "" : ` (${Math.floor((count * 100) / all)}%)`}`;
  return [
    `Coverage of ${name}: ${part(transitionCount - notTaken.length, transitionCount, "transitions")}, ${part(outcomeCount - unseen.length, outcomeCount, "guard outcomes")}`,
    ...notTaken.map((transition) => `  not taken: ${textOf(machine, transition)}`),
    ...unseen.map(({ transition, outcome }) => `  guard never ${outcome}: ${textOf(machine, transition)}`),
  ];
}

/** `new --PAY [event.amount > 0]--> paid`. */
export function textOf(machine: Machine, { source, descriptor, targets, guard, join }: Transition): string {
  const from = stateOf(machine, source).path || stateOf(machine, source).id;
  const what = join ?? (descriptor === "" ? "always" : eventText(stateOf(machine, source), descriptor));
  const when = guard === undefined ? "" : ` [${sourceOf(guard)}]`;
  const to = targets?.map((target) => stateOf(machine, target).path).join(", ") ?? "(stays)";
  return `${from} --${what}${when}--> ${to}`;
}

const AFTER = "xstate.after.";

/** The name of an event as a definition has it: `after 72h`, `onDone`. */
export function eventText({ id, doneEvent }: StateNode, event: string): string {
  if (event === doneEvent) return "onDone";
  const isOwn = event.startsWith(AFTER) && event.endsWith(`.${id}`);
  return isOwn ? `after ${event.slice(AFTER.length, -id.length - 1)}` : event;
}
