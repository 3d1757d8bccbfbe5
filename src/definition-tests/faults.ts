/** What is wrong with a definition: findings of the compiler, and of an exploration with the shortest way to each. */
import { covers, isInternal } from "../engine/event-names.ts";
import { sourceOf } from "../engine/guards.ts";
import { type Machine, stateOf, type Transition } from "../engine/machine.ts";
import { at, nearest } from "../engine/problems.ts";
import { candidatesFor } from "../engine/select.ts";
import { activeStates } from "../engine/step.ts";
import type { Finding } from "../engine/types.ts";
import { outcomeKey, textOf } from "./coverage.ts";
import { type Exploration, type Move, type Place, wayTo } from "./explore.ts";
import { raceIn } from "./races.ts";
import { ownEventsOf } from "./sent-events.ts";
import type { TestFile } from "./test-file.ts";

/** The kinds of faults, with what each is: `--ignore` names them. */
export const FAULT_KINDS = {
  definition: "a warning of SM.DEF CHECK that is none of those below",
  unreachable: "a state that nothing leads to",
  unreached: "a state that no way explored enters",
  untaken: "a transition that no way explored takes",
  shadowed: "a transition that another is always taken before",
  "dead-end": "a state that nothing leaves, and that is not final",
  stuck: "a situation in which nothing that was tried leads on, and no timer runs",
  "no-end": "states from which no way leads to an end, though the definition has one",
  unsent: "an event that a state takes and nobody sends",
  unheard: "an event that is sent, and that no state takes",
  race: "timers that are due at the same time, whose order decides what becomes of the machine",
  fails: "a step that fails",
  invariant: "an invariant of the definition that an event can break: the event is refused",
  property: "a property that does not hold",
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  readonly kind: FaultKind;
  readonly severity: "error" | "warning";
  /** JSON path in the definition; `$` for all of it. */
  readonly path: string;
  readonly message: string;
  /** The moves that show it, the shortest way found. */
  readonly way: readonly Move[] | undefined;
}

/** Faults of one kind that are listed; more say nothing new. */
const FAULTS_MAX = 20;

export function faultsOf(
  machine: Machine,
  findings: readonly Finding[],
  file: Pick<TestFile, "events">,
  exploration: Exploration,
): readonly Fault[] {
  const fixed = findings.map(faultOfFinding);
  const known = new Set(fixed.map(({ path }) => path));
  const found = [
    ...fixed,
    ...notStarted(exploration),
    ...unsent(machine, file),
    ...unheard(machine, file),
    ...broken(exploration),
    ...failing(machine, exploration),
    ...races(machine, exploration),
    ...stuck(machine, exploration),
    ...noEnd(machine, exploration),
    ...unreached(machine, exploration, known),
    ...untaken(machine, exploration, known),
  ];
  const counts = new Map<FaultKind, number>();
  return found.filter(({ kind }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= FAULTS_MAX;
  });
}

const KINDS_OF_FINDINGS: readonly (readonly [RegExp, FaultKind])[] = [
  [/^unreachable: /, "unreachable"],
  [/^dead end: /, "dead-end"],
  [/^shadowed: /, "shadowed"],
  [/^no state takes the event /, "unheard"],
];

function faultOfFinding({ severity, path, message }: Finding): Fault {
  const kind = KINDS_OF_FINDINGS.find(([pattern]) => pattern.test(message))?.[1] ?? "definition";
  const text =
    kind === "unreachable" || kind === "dead-end" || kind === "shadowed"
      ? message.replace(/^[a-z ]+: /, "")
      : message;
  return { kind, severity, path, message: text, way: undefined };
}

function notStarted({ refusal }: Exploration): readonly Fault[] {
  if (refusal === undefined) return [];
  const message = `the machine cannot start: ${refusal.code} ${refusal.message}`;
  return [{ kind: "fails", severity: "error", path: "$", message, way: [] }];
}

/** Events that a state takes and nobody sends: clients send what the file lists, workers answer, the machine raises. */
function unsent(machine: Machine, { events }: Pick<TestFile, "events">): readonly Fault[] {
  const own = ownEventsOf(machine);
  const sent = [...own.raised, ...own.answers, ...(events?.keys() ?? [])];
  return machine.transitions.flatMap(({ descriptor, path, isPublic, source }): readonly Fault[] => {
    const child = /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(descriptor)?.[1];
    if (child !== undefined && !child.endsWith("*") && !own.isOpen && !own.children.has(child)) {
      const hint = hintFor(child, own.children);
      return [
        warningAt(
          "unsent",
          path,
          `nothing makes a child with the id '${child}', so this event never comes${hint}`,
        ),
      ];
    }
    if (events === undefined || !isPublic || isInternal(descriptor) || descriptor.startsWith("error."))
      return [];
    if (descriptor === "*" || sent.some((name) => covers(descriptor, name))) return [];
    const where = stateOf(machine, source).path || "the machine";
    const hint = hintFor(descriptor, sent);
    return [warningAt("unsent", path, `nobody sends '${descriptor}', which '${where}' takes${hint}`)];
  });
}

/** Events of clients, and events that are deferred, which no state takes. */
function unheard(machine: Machine, { events }: Pick<TestFile, "events">): readonly Fault[] {
  const takes = (event: string) =>
    machine.states.some(({ reactions }) => candidatesFor(reactions, event).length > 0) ||
    machine.joins.some(({ places }) =>
      places.some((place) => place.kind === "event" && covers(place.descriptor, event)),
    );
  const known = machine.transitions.map(({ descriptor }) => descriptor);
  const ofClients = [...(events?.keys() ?? [])]
    .filter((event) => !takes(event))
    .map((event) =>
      warningAt("unheard", "$", `clients send '${event}', and no state takes it${hintFor(event, known)}`),
    );
  const deferred = machine.states.flatMap(({ defer, jsonPath, path }) =>
    [...defer]
      .filter((event) => !event.endsWith("*") && !takes(event))
      .map((event) =>
        warningAt(
          "unheard",
          at(jsonPath, "defer"),
          `'${path}' keeps '${event}', and no state takes it later${hintFor(event, known)}`,
        ),
      ),
  );
  return [...ofClients, ...deferred];
}

function hintFor(name: string, candidates: Iterable<string>): string {
  const hint = nearest(name, candidates);
  return hint === undefined ? "" : `; did you mean '${hint}'?`;
}

function warningAt(kind: FaultKind, path: string, message: string, way?: readonly Move[]): Fault {
  return { kind, severity: "warning", path, message, way };
}

/** Properties and invariants, each with the first way that breaks it. */
function broken({ start, moves }: Exploration): readonly Fault[] {
  const found = new Map<string, Fault>();
  const add = (name: string, fault: () => Fault): void => {
    if (!found.has(name)) found.set(name, fault());
  };
  for (const move of start === undefined ? moves : [start, ...moves]) {
    const way = () => (move === start ? [] : [...wayTo(move.from), move]);
    for (const { property, message } of move.breaches)
      add(`property ${property.name}`, () => ({
        kind: "property",
        severity: "error",
        path: "$",
        message: `'${property.name}' does not hold: ${message}`,
        way: way(),
      }));
    const { refusal, failures } = move.outcome;
    for (const { code, message } of [...(refusal === undefined ? [] : [refusal]), ...failures]) {
      if (code !== "INVARIANT") continue;
      const name = message.slice(0, message.indexOf(":"));
      add(`invariant ${name}`, () => ({
        kind: "invariant",
        severity: "error",
        path: "$.invariants",
        message: `a step can break '${message}'`,
        way: way(),
      }));
    }
  }
  return [...found.values()];
}

/** Steps of the machine's own that fail, and events that fail whatever data they come with. */
function failing(machine: Machine, { moves }: Exploration): readonly Fault[] {
  const found = new Map<string, Fault>();
  const succeeded = new Set<string>();
  const placeOf = (move: Move) =>
    `${move.from.number} ${move.action.kind === "send" ? move.action.event : ""}`;
  for (const move of moves) if (move.outcome.refusal?.code !== "EXECFAIL") succeeded.add(placeOf(move));
  for (const move of moves) {
    const { refusal, failures } = move.outcome;
    const isOwn = move.action.kind !== "send";
    const lost = failures.filter(({ code }) => code === "EXECFAIL").map(({ message }) => message);
    if (refusal?.code === "EXECFAIL" && (isOwn || !succeeded.has(placeOf(move)))) lost.push(refusal.message);
    for (const message of lost) {
      const state = move.from.situation.snapshot.configuration.at(-1) ?? 0;
      // The same fault in many situations is one.
      const name = message.replace(/\d+/g, "#");
      if (found.has(name)) continue;
      const way = [...wayTo(move.from), move];
      found.set(name, {
        kind: "fails",
        severity: "error",
        path: stateOf(machine, state).jsonPath,
        message,
        way,
      });
    }
  }
  return [...found.values()];
}

function races(machine: Machine, { rehearsed, places }: Exploration): readonly Fault[] {
  const found = new Map<string, Fault>();
  for (const place of places) {
    const race = raceIn({ ...rehearsed, observer: undefined }, place.situation);
    if (race === undefined || found.has(race.name)) continue;
    const path = race.state === undefined ? "$" : stateOf(machine, race.state).jsonPath;
    found.set(race.name, warningAt("race", path, race.message, wayTo(place)));
  }
  return [...found.values()];
}

/** Situations that nothing leads out of. */
function stuck(machine: Machine, { places }: Exploration): readonly Fault[] {
  const seen = new Set<string>();
  return places.flatMap((place) => {
    const { situation, number } = place;
    const { snapshot, children, isSuspended } = situation;
    const states = snapshot.configuration.join(",");
    if (snapshot.status === "done" || isSuspended || seen.has(states)) return [];
    const leadsOn = ({ to, outcome }: Move) =>
      outcome.refusal === undefined && (to === undefined || to.number !== number);
    if (snapshot.timers.length > 0 || place.moves.some(leadsOn)) return [];
    if (children.some(({ status }) => status === "active")) return [];
    const leaf = stateOf(machine, snapshot.configuration.at(-1) ?? 0);
    // A state that nothing leaves at all is a dead end, which the compiler has found.
    if (place.moves.length === 0 && snapshot.configuration.length <= 2) return [];
    seen.add(states);
    const names = activeStates(machine, snapshot).join(", ");
    const tried = [
      ...new Set(place.moves.flatMap(({ action }) => (action.kind === "send" ? [action.event] : []))),
    ];
    const why =
      tried.length === 0
        ? "no event is accepted"
        : `no event leads on with the data tried (${tried.join(", ")})`;
    return [warningAt("stuck", leaf.jsonPath, `in ${names} ${why}, and no timer runs`, wayTo(place))];
  });
}

/** States from which no end is reached any more, one finding for each entrance to such a region. */
function noEnd(machine: Machine, { places, isComplete }: Exploration): readonly Fault[] {
  const hasEnd = stateOf(machine, 0).children.some((child) => stateOf(machine, child).kind === "final");
  if (!hasEnd || !isComplete) return [];
  const endless = placesWithoutEnd(places);
  const seen = new Set<string>();
  return places.flatMap((place) => {
    const isEntrance = endless.has(place) && (place.from === undefined || !endless.has(place.from.from));
    const names = activeStates(machine, place.situation.snapshot).join(", ");
    const leadsOn = place.moves.some(({ to }) => to !== undefined && to !== place);
    if (!isEntrance || !leadsOn || seen.has(names)) return [];
    seen.add(names);
    const leaf = stateOf(machine, place.situation.snapshot.configuration.at(-1) ?? 0);
    return [warningAt("no-end", leaf.jsonPath, `from ${names} no way leads to a final state`, wayTo(place))];
  });
}

function placesWithoutEnd(places: readonly Place[]): ReadonlySet<Place> {
  const before = new Map<Place, Place[]>();
  for (const place of places)
    for (const { to } of place.moves)
      if (to !== undefined) before.set(to, [...(before.get(to) ?? []), place]);
  const ending = new Set(places.filter(({ situation }) => situation.snapshot.status === "done"));
  // A set gives out what is added to it while it is walked through.
  for (const place of ending) for (const earlier of before.get(place) ?? []) ending.add(earlier);
  return new Set(places.filter((place) => !ending.has(place)));
}

function unreached(
  machine: Machine,
  { entered, refusal }: Exploration,
  known: ReadonlySet<string>,
): readonly Fault[] {
  if (refusal !== undefined) return [];
  return machine.states
    .filter(({ index, kind, parent }) => kind !== "history" && !entered.has(index) && entered.has(parent))
    .filter(({ jsonPath }) => !known.has(jsonPath))
    .map(({ jsonPath, path }) => warningAt("unreached", jsonPath, `no way that was tried enters '${path}'`));
}

function untaken(
  machine: Machine,
  { taken, guards, entered, refusal }: Exploration,
  known: ReadonlySet<string>,
): readonly Fault[] {
  if (refusal !== undefined) return [];
  return (
    machine.transitions
      .filter(
        ({ path, source, descriptor }) =>
          !taken.has(path) && entered.has(source) && !descriptor.startsWith("error."),
      )
      // What has been said already, of the transition or of a state that it could only lead to, is not said again.
      .filter(({ path }) => !known.has(path))
      .map((transition) => warningAt("untaken", transition.path, untakenText(machine, transition, guards)))
  );
}

function untakenText(machine: Machine, transition: Transition, guards: ReadonlySet<string>): string {
  const { guard, path } = transition;
  const what = `${textOf(machine, transition)} is never taken`;
  if (guard === undefined) return what;
  const wasAsked = guards.has(outcomeKey(path, false));
  return wasAsked
    ? `${what}: ${sourceOf(guard)} was never true with the data tried`
    : `${what}, nor is its guard ever asked`;
}
