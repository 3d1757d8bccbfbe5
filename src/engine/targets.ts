/** Names of states in definitions: targets of transitions, `initial`, `in`. As XState reads them. */
import type { Draft, DraftState } from "./draft.ts";
import { nearest, type Problems } from "./problems.ts";

/** Where a name stands: the state it is relative to and the JSON path for messages. */
export type Reference = { readonly text: string; readonly from: DraftState; readonly path: string };

/**
 * The state a target names: `#id` or `#id.child` anywhere, `.child` below the source, otherwise a sibling of the
 * source (`key` or `key.child`). Undefined, with a problem, when there is none.
 */
export function resolveTarget(
  draft: Draft,
  reference: Reference,
  problems: Problems,
): DraftState | undefined {
  const { text, from, path } = reference;
  if (text.startsWith("#")) return byId(draft, reference, problems);
  if (text.startsWith(".")) return below(draft, from, text.slice(1)) ?? unknown(draft, reference, problems);
  if (from.parent === undefined) {
    const child = below(draft, from, text);
    if (child === undefined) return unknown(draft, reference, problems);
    problems.error(path, `a target at the root is relative to nothing; write ".${text}"`);
    return child;
  }
  return below(draft, from.parent, text) ?? unknown(draft, reference, problems);
}

/** The state an `initial` or a history's default names: a child's key or path, `.child`, or `#id`. */
export function resolveInitial(
  draft: Draft,
  reference: Reference,
  problems: Problems,
): DraftState | undefined {
  const { text, from, path } = reference;
  const target = text.startsWith("#")
    ? byId(draft, reference, problems)
    : (below(draft, from, text.startsWith(".") ? text.slice(1) : text) ??
      unknown(draft, reference, problems));
  if (target === undefined) return undefined;
  if (target.index > from.index && target.index <= from.last) return target;
  problems.error(path, `'${text}' must be below '${nameOf(from)}'`);
  return undefined;
}

/** The state of `in`: `#id`, `#id.child`, or the dotted path from the root. */
export function resolveState(draft: Draft, reference: Reference, problems: Problems): DraftState | undefined {
  if (reference.text.startsWith("#")) return byId(draft, reference, problems);
  return draft.byPath.get(reference.text) ?? unknownPath(draft, reference, problems);
}

/** `in` takes paths from the top, so that is what its hints are made of. */
function unknownPath(draft: Draft, { text, path }: Reference, problems: Problems): undefined {
  const start = `there is no state '${text}'`;
  if (problems.isFull()) {
    problems.error(path, start);
    return undefined;
  }
  const named = draft.states.filter((state) => state.key === text && state.parent !== undefined);
  const paths = named.slice(0, 10).map((state) => state.path);
  const hint = paths.length > 0 ? undefined : nearest(text, draft.byPath.keys());
  const advice =
    paths.length > 0 ? `: ${paths.join(", ")}` : hint === undefined ? "" : `; did you mean '${hint}'?`;
  problems.error(path, `${start} at the top; in takes #id or the path from the top${advice}`);
  return undefined;
}

/** How messages call a state. */
export function nameOf(state: DraftState): string {
  return state.path === "" ? state.id : state.path;
}

function below(draft: Draft, start: DraftState, path: string): DraftState | undefined {
  return draft.byPath.get(start.path === "" ? path : `${start.path}.${path}`);
}

/** `#a.b.c`: the longest prefix that is an id, and a path below it. */
function byId(draft: Draft, reference: Reference, problems: Problems): DraftState | undefined {
  const name = reference.text.slice(1);
  const whole = draft.byId.get(name);
  if (whole !== undefined) return whole;
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const start = draft.byId.get(name.slice(0, dot));
    if (start !== undefined)
      return below(draft, start, name.slice(dot + 1)) ?? unknown(draft, reference, problems);
  }
  return unknown(draft, reference, problems);
}

function unknown(draft: Draft, reference: Reference, problems: Problems): undefined {
  const { text, from, path } = reference;
  if (problems.isFull()) {
    // Kept for the verdict only: looking for near names in a large chart costs milliseconds each.
    problems.error(path, `there is no state '${text}'`);
    return undefined;
  }
  const siblings = (from.parent ?? from).children.map((state) => state.key);
  const candidates = text.startsWith("#")
    ? [...draft.byId.keys()].map((id) => `#${id}`)
    : text.startsWith(".")
      ? from.children.map((state) => `.${state.key}`)
      : siblings;
  const elsewhere = draft.states.find(
    (state) => state.key === text.replace(/^[.#]/, "") && state.parent !== undefined,
  );
  const hint = nearest(text, candidates) ?? (elsewhere === undefined ? undefined : `#${elsewhere.id}`);
  const known =
    candidates.length === 0
      ? "no states are defined there"
      : `there are ${candidates.slice(0, 10).join(", ")}`;
  problems.error(
    path,
    `there is no state '${text}'; ${hint === undefined ? known : `did you mean '${hint}'?`}`,
  );
  return undefined;
}
