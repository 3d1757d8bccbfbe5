/** xstate with a virtual clock: its pure `transition()`, and the timers that its actions ask for. */
import { createMachine, initialTransition, transition } from "xstate";

type Actions = readonly { readonly type: string; readonly params?: unknown }[];
type Scheduled = {
  readonly id: string | undefined;
  readonly event: { readonly type: string };
  readonly dueMs: number;
};

export class XStateDriver {
  readonly #machine: ReturnType<typeof createMachine>;
  #snapshot: ReturnType<typeof initialTransition>[0];
  #scheduled: Scheduled[] = [];
  /** Raised with no delay: at once, before anything that is due, and too late to cancel. */
  readonly #immediate: Scheduled["event"][] = [];
  #nowMs = 0;
  /** Types of all actions so far that are not xstate's own. */
  readonly log: string[] = [];

  /** `implementations`: the functions that names in the config stand for. */
  constructor(config: unknown, implementations: unknown = {}) {
    const machine = createMachine(config as Parameters<typeof createMachine>[0]);
    this.#machine = machine.provide(implementations as Parameters<typeof machine.provide>[0]);
    const [snapshot, actions] = initialTransition(this.#machine);
    this.#snapshot = snapshot;
    this.#accept(actions);
    this.#fireDue();
  }

  send(event: { readonly type: string; readonly [key: string]: unknown }): void {
    this.#step(event);
    this.#fireDue();
  }

  /** Lets time pass, firing what is due, earliest and first armed first. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const first = Math.min(...this.#scheduled.map(({ dueMs }) => dueMs));
      if (first > until) break;
      this.#nowMs = first;
      this.#fireDue();
    }
    this.#nowMs = until;
  }

  get snapshot(): ReturnType<typeof initialTransition>[0] {
    return this.#snapshot;
  }

  /** How long each timer still takes, in order of creation. */
  get waits(): readonly number[] {
    return this.#scheduled.map(({ dueMs }) => dueMs - this.#nowMs);
  }

  #step(event: { readonly type: string }): void {
    if (this.#snapshot.status !== "active") return;
    const [snapshot, actions] = transition(this.#machine, this.#snapshot, event);
    this.#snapshot = snapshot;
    this.#accept(actions);
  }

  #fireDue(): void {
    for (;;) {
      const immediate = this.#immediate.shift();
      const due = this.#scheduled.find(({ dueMs }) => dueMs <= this.#nowMs);
      if (immediate !== undefined) this.#step(immediate);
      else if (due !== undefined) {
        this.#scheduled = this.#scheduled.filter((one) => one !== due);
        this.#step(due.event);
      } else return;
    }
  }

  #accept(actions: Actions): void {
    for (const { type, params } of actions) {
      if (type === "xstate.raise") {
        const { event, id, delay } = params as { event: Scheduled["event"]; id?: string; delay?: number };
        if (delay === 0) this.#immediate.push(event);
        else if (delay !== undefined) this.#scheduled.push({ id, event, dueMs: this.#nowMs + delay });
      } else if (type === "xstate.cancel") {
        const { sendId } = params as { sendId: string };
        this.#scheduled = this.#scheduled.filter(({ id }) => id !== sendId);
      } else if (!type.startsWith("xstate.")) this.log.push(type);
    }
    if (this.#snapshot.status !== "active") this.#scheduled = [];
  }
}
