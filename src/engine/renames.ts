/** States of one definition that look like states of another by a new name. Proposed to people, never assumed. */
import type { Machine, StateNode } from "./machine.ts";
import { nearest } from "./problems.ts";

export type Rename = { readonly state: string; readonly to: string; readonly because: string };

/** How much of what two states react to must be the same. */
const SHARE_MIN = 0.5;
/** Comparing each with each has a bound. */
const PAIRS_MAX = 100_000;

/** For each state that is gone the one that has come and looks like it most, where one does. */
export function renamesBetween(from: Machine, to: Machine): readonly Rename[] {
  const gone = named(from).filter(({ path }) => !to.byPath.has(path));
  const come = named(to).filter(({ path }) => !from.byPath.has(path));
  if (gone.length * come.length > PAIRS_MAX) return [];
  return gone.flatMap((state) => renameOf(state, come) ?? []);
}

function renameOf(state: StateNode, come: readonly StateNode[]): Rename | undefined {
  const alike = come.filter(
    ({ kind, parent }) => kind === state.kind && (parent === 0) === (state.parent === 0),
  );
  let best: { readonly to: string; readonly share: number } | undefined;
  for (const candidate of alike) {
    const share = shareOf(eventsOf(state), eventsOf(candidate));
    if (share >= SHARE_MIN && share > (best?.share ?? 0)) best = { to: candidate.path, share };
  }
  if (best !== undefined)
    return {
      state: state.path,
      to: best.to,
      because: best.share === 1 ? "it reacts to the same events" : "it reacts to much the same events",
    };
  const near = nearest(
    state.path,
    alike.map(({ path }) => path),
  );
  return near === undefined
    ? undefined
    : { state: state.path, to: near, because: "it is called much the same" };
}

function named({ states }: Machine): readonly StateNode[] {
  return states.filter(({ index, kind }) => index > 0 && kind !== "history");
}

/** What a state reacts to by a name that both definitions may have. */
function eventsOf({ reactions }: StateNode): ReadonlySet<string> {
  const own = [...reactions.exact.keys()].filter((name) => !name.startsWith("xstate."));
  return new Set([...own, ...reactions.prefixes.map(({ prefix }) => `${prefix}.*`)]);
}

function shareOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((name) => b.has(name)).length;
  const all = a.size + b.size - both;
  return all === 0 ? 0 : both / all;
}
