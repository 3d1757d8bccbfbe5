/** What a machine sends itself, and the children that it makes. */
import type { Action, Machine } from "../engine/machine.ts";

export interface OwnEvents {
  readonly raised: ReadonlySet<string>;
  /** Events that workers answer its tasks with. */
  readonly answers: ReadonlySet<string>;
  readonly children: ReadonlySet<string>;
  /** True when ids of children are computed: any may be. */
  readonly isOpen: boolean;
}

const known = new WeakMap<Machine, OwnEvents>();

/** A machine never changes, so it is looked through once. */
export function ownEventsOf(machine: Machine): OwnEvents {
  const own = known.get(machine) ?? collected(machine);
  known.set(machine, own);
  return own;
}

function collected(machine: Machine): OwnEvents {
  const answers = new Set<string>();
  const raised = new Set<string>();
  const children = new Set<string>();
  let isOpen = false;
  const note = (action: Action): void => {
    if (action.kind === "raise" || action.kind === "send") raised.add(action.event);
    else if (action.kind === "task") {
      for (const name of [action.done, action.failed]) if (name !== undefined) answers.add(name);
    } else if (action.kind === "spawn") {
      if (typeof action.id === "string") children.add(action.id);
      else isOpen = true;
    }
  };
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    // Guards have a kind too, but none that an action has.
    if ("kind" in part) note(part as Action);
    if (Array.isArray(part)) part.forEach(walk);
    else if (Object.getPrototypeOf(part) === Object.prototype) Object.values(part).forEach(walk);
  };
  for (const { entry, exit, initialActions, invokes } of machine.states) {
    walk([entry, exit, initialActions]);
    for (const { id } of invokes) children.add(id);
  }
  for (const { actions } of machine.transitions) walk(actions);
  return { raised, answers, children, isOpen };
}
