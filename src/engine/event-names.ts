/** Names of events: those that a machine keeps for itself, and the descriptors that stand under `on`. */
import { nearest } from "./problems.ts";

/** What the names of the machine's own events begin with. */
const OWN_PREFIX = "xstate.";

/** The families of own events that a transition may react to. */
const OWN_FAMILIES: readonly string[] = [
  "xstate.done.state.",
  "xstate.after.",
  "xstate.done.actor.",
  "xstate.error.actor.",
];

/**
 * The event that tells a machine of a step of its own that has failed. It is taken by its name or by `error.*`, never by
 * `*`, and never deferred: whoever takes all events does not mean to take errors.
 */
export const ERROR_EXECUTION = "error.execution";

/** The event names the machine keeps for itself: no client and no action sends them. */
export function isInternal(event: string): boolean {
  return event.startsWith(OWN_PREFIX);
}

/** The name of the event that says a state is done. */
export function doneEvent(id: string): string {
  return `xstate.done.state.${id}`;
}

/** The name of the event that says a child is done. */
export function doneActorEvent(id: string): string {
  return `xstate.done.actor.${id}`;
}

/** The name of the event that says a child has failed, or is gone. */
export function errorActorEvent(id: string): string {
  return `xstate.error.actor.${id}`;
}

/** What a stopped child records in its history. */
export const STOP_EVENT = "xstate.stop";

/** The name of the event that a timer of a state delivers. */
export function afterEvent(delay: string, id: string): string {
  return `xstate.after.${delay}.${id}`;
}

/** The name of the event that says a time of a join is over. */
export function joinEvent(id: string, join: number, place: string): string {
  return `xstate.join.${join}.${place}.${id}`;
}

/** True when a descriptor covers an event: the same name, `foo.*` for `foo` and what begins with `foo.`, `*` for all. */
export function covers(descriptor: string, event: string): boolean {
  if (descriptor === event || descriptor === "*") return true;
  return descriptor.endsWith(".*") && hasPrefix(event, descriptor.slice(0, -2));
}

/** `foo` covers `foo` and `foo.x`, never `foobar`. */
export function hasPrefix(event: string, prefix: string): boolean {
  return event.startsWith(prefix) && (event.length === prefix.length || event[prefix.length] === ".");
}

/** Why a descriptor is none, or can never match; undefined when it may. */
export function descriptorFault(descriptor: string): string | undefined {
  if (descriptor === "") return 'an event needs a name; transitions without event stand under "always"';
  if (descriptor === "*") return undefined;
  const body = descriptor.endsWith(".*") ? descriptor.slice(0, -2) : descriptor;
  if (body.endsWith("*") || body.split(".").includes("*")) return starFault(descriptor, body);
  if (!isInternal(`${body}.`) || OWN_FAMILIES.some((family) => mayMatch(family, descriptor, body)))
    return undefined;
  const hint = nearest(body.slice(OWN_PREFIX.length), ["done.state", "after", "done.actor", "error.actor"]);
  return `'${descriptor}' never comes: names that begin with xstate. are the machine's own, and there are done.state.<id>, xstate.after.<delay>.<id>, xstate.done.actor.<id> and xstate.error.actor.<id>${hint === undefined ? "" : `; did you mean '${hint}.…'?`}`;
}

function mayMatch(family: string, descriptor: string, body: string): boolean {
  return body.startsWith(family) || (descriptor !== body && family.startsWith(`${body}.`));
}

function starFault(descriptor: string, body: string): string {
  const name = body.replace(/\.?\*+$/, "");
  const isPlain = name !== "" && !name.includes("*");
  return `'${descriptor}': a * may only stand alone or after the last dot${isPlain ? `; did you mean '${name}.*'?` : ", as in 'foo.*'"}`;
}
