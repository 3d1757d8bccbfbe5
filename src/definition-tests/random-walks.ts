/**
 * Random walks through a definition, beyond what an exploration reaches. A walk that fails is made as short as it can be
 * by fast-check: steps are left out as long as it still fails.
 */
import type { Json } from "../base/json.ts";
import type { Machine } from "../engine/machine.ts";
import { eventsIn } from "./explore.ts";
import { judge, NONE_RELEASED, type Property } from "./properties.ts";
import { begin, type Rehearsed, type Situation, timersInOrder } from "./rehearsal.ts";
import { act } from "./run-case.ts";
import { Samples } from "./samples.ts";
import { type Action, sendAction } from "./test-file.ts";

export interface WalkOptions {
  readonly key: string;
  readonly nowMs: number;
  readonly runs: number;
  readonly seed: number;
  readonly events: ReadonlyMap<string, readonly Json[]> | undefined;
  readonly properties: readonly Property[];
}

export interface FailedWalk {
  readonly kind: "property" | "invariant" | "fails";
  readonly message: string;
  readonly actions: readonly Action[];
}

/** Steps of a walk. */
const STEPS_MAX = 60;
const CHOICE_MAX = 1_000_000;

/** The shortest failing walk that was found; undefined when none fails. */
export async function walkRandomly(machine: Machine, options: WalkOptions): Promise<FailedWalk | undefined> {
  const { array, check, nat, property } = await import("fast-check");
  const walker = new Walker(machine, options);
  const details = check(
    property(
      array(nat(CHOICE_MAX), { maxLength: STEPS_MAX }),
      (choices) => walker.walk(choices) === undefined,
    ),
    { numRuns: options.runs, seed: options.seed },
  );
  const [choices] = details.counterexample ?? [];
  return choices === undefined ? undefined : walker.walk(choices);
}

class Walker {
  readonly #rehearsed: Rehearsed;
  readonly #options: WalkOptions;
  readonly #samples: Samples;

  constructor(machine: Machine, options: WalkOptions) {
    this.#rehearsed = { machine, key: options.key };
    this.#options = options;
    this.#samples = new Samples(machine, options.events);
  }

  /** How a walk fails; undefined when it does not. */
  walk(choices: readonly number[]): FailedWalk | undefined {
    const begun = begin(this.#rehearsed, { nowMs: this.#options.nowMs });
    if (begun.refusal !== undefined) return undefined;
    let { situation } = begun;
    let released = NONE_RELEASED;
    const actions: Action[] = [];
    for (const choice of choices) {
      const action = this.#chosen(situation, choice);
      if (action === undefined) break;
      actions.push(action);
      const broken: string[] = [];
      const outcome = act(this.#rehearsed, situation, action, (now) => {
        const judged = judge(this.#options.properties, released, this.#rehearsed, now);
        ({ released } = judged);
        broken.push(
          ...judged.breaches.map(({ property, message }) => `'${property.name}' does not hold: ${message}`),
        );
      });
      const [first] = broken;
      if (first !== undefined) return { kind: "property", message: first, actions };
      const lost = outcome.failures[0] ?? (action.kind === "send" ? undefined : outcome.refusal);
      if (outcome.refusal?.code === "INVARIANT")
        return { kind: "invariant", message: `a step can break '${outcome.refusal.message}'`, actions };
      if (lost !== undefined)
        return { kind: lost.code === "INVARIANT" ? "invariant" : "fails", message: lost.message, actions };
      situation = outcome.situation;
    }
    return undefined;
  }

  #chosen(situation: Situation, choice: number): Action | undefined {
    const { snapshot, children, isSuspended, nowMs } = situation;
    if (snapshot.status === "done") return undefined;
    if (isSuspended) return { kind: "resume" };
    const [timer] = timersInOrder(snapshot);
    const active = children.filter(({ status }) => status === "active");
    const events = eventsIn(this.#rehearsed.machine, situation, this.#options.events);
    const kinds: readonly (() => Action)[] = [
      ...events.map((event) => () => this.#sent(event, situation, choice)),
      ...(timer === undefined ? [] : [() => waitUntil(timer.deadlineMs - nowMs)]),
      ...active.map(
        ({ id }) =>
          (): Action => ({ kind: "child", id, end: { done: null } }),
      ),
    ];
    return kinds[choice % Math.max(kinds.length, 1)]?.();
  }

  #sent(event: string, { snapshot }: Situation, choice: number): Action {
    const data = this.#samples.dataFor(event, snapshot);
    const chosen = data[Math.floor(choice / 97) % data.length];
    return sendAction(event, { data: chosen });
  }
}

function waitUntil(ms: number): Action {
  const length = Math.max(0, ms);
  return { kind: "wait", ms: length, text: String(length) };
}
