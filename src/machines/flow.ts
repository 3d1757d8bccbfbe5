/**
 * How machines move, since the start of the server: how often those of a definition change, how long they stay in each state, and how
 * often each transition was taken in the last hour. Each commit hands its changes in; nothing of it is stored. Memory is bounded by the number of states and edges.
 */
import type { Change, Edge, Way } from "../keyspace/changes.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import { RecentCounts } from "./recent-counts.ts";
import { StayHistogram } from "./stay-histogram.ts";

/** States, and edges, of all definitions together; what comes beyond is not counted. */
const PLACES_MAX = 5000;
const MINUTE_MS = 60_000;
const MINUTES = 60;
const SECOND_MS = 1000;
const SECONDS = 60;

export interface StayFigures {
  readonly state: string;
  /** Stays that have ended. */
  readonly stays: number;
  /** Milliseconds that half of them, and nineteen of twenty, did not exceed. */
  readonly p50: number;
  readonly p95: number;
}

/** The stays in one state of one definition. */
export interface StateStays {
  readonly database: number;
  /** Its name and version. */
  readonly definition: string;
  readonly state: string;
  readonly stays: StayHistogram;
}

export interface EdgeFigures extends Omit<Edge, "name"> {
  readonly taken: number;
  readonly lastHour: number;
}

/** What one server has counted, in a form that can be added up. */
export interface FlowPart extends Omit<FlowFigures, "states"> {
  readonly stays: ReadonlyArray<{ readonly state: string; readonly buckets: readonly number[] }>;
}

export interface FlowFigures {
  readonly sinceMs: number;
  readonly states: readonly StayFigures[];
  readonly edges: readonly EdgeFigures[];
  /** There were more states or edges than are counted. */
  readonly isPartial: boolean;
}

/** How often machines of a definition were made or changed. */
export interface RateFigures {
  /** Its name and version. */
  readonly definition: string;
  readonly lastMinute: number;
  /** Each minute of the last hour, the oldest first. */
  readonly minutes: readonly number[];
}

class DefinitionFlow {
  /** How often its machines were made or changed, by the second and by the minute. */
  readonly changes = [new RecentCounts(SECOND_MS, SECONDS), new RecentCounts(MINUTE_MS, MINUTES)] as const;
  readonly stays = new Map<string, StayHistogram>();
  readonly edges = new Map<string, EdgeCount>();
  isPartial = false;
}

/** By the name and the version of a definition. */
type DatabaseFlow = Map<string, Map<string, DefinitionFlow>>;

interface FoundFlow {
  readonly database: number;
  readonly definition: DefinitionName;
  readonly flow: DefinitionFlow;
}

export class Flow {
  readonly #placesMax: number;
  #databases = new Map<number, DatabaseFlow>();
  /** The flow that was found last: consecutive changes often are of one definition. */
  #latest: FoundFlow | undefined;
  #placeCount = 0;
  #sinceMs: number;

  constructor(nowMs: number, placesMax = PLACES_MAX) {
    this.#sinceMs = nowMs;
    this.#placesMax = placesMax;
  }

  /** CONFIG RESETSTAT: all begins anew. */
  reset(nowMs: number): void {
    this.#databases.clear();
    this.#latest = undefined;
    this.#placeCount = 0;
    this.#sinceMs = nowMs;
  }

  /** The changes of a turn that is committed. */
  note(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === "machine") {
        const { database, definition, history, way } = change;
        if (definition === undefined) continue;
        const flow = this.#flowOf(database, definition);
        for (const counts of flow.changes) counts.add(history.atMs);
        if (way.left.length > 0 || way.taken.length > 0) this.#noteWay(flow, way, history.atMs);
      } else if (change.kind === "flush") this.#forget(change.database);
      else if (change.kind === "swap") this.#swap(change.databases);
    }
  }

  /** What this server knows of a definition. */
  part(database: number, { name, version }: DefinitionName, nowMs: number): FlowPart {
    const flow = this.#databases.get(database)?.get(name)?.get(version);
    const stays = Array.from(flow?.stays ?? [], ([state, { buckets }]) => ({ state, buckets }));
    const edges = Array.from(flow?.edges.values() ?? [], (count) => count.figures(nowMs));
    return { sinceMs: this.#sinceMs, stays, edges, isPartial: flow?.isPartial ?? false };
  }

  /** How often machines of each definition that has changed since the start change now. */
  rates(database: number, nowMs: number): readonly RateFigures[] {
    return Array.from(this.#databases.get(database) ?? [], ([name, versions]) =>
      Array.from(versions, ([version, { changes }]) => {
        const [seconds, minutes] = changes;
        const id = `${name}:${version}`;
        return { definition: id, lastMinute: seconds.sum(nowMs), minutes: minutes.slots(nowMs) };
      }),
    ).flat();
  }

  /** The stays in the states of all definitions, so many states at most. */
  *stays(max: number): Iterable<StateStays> {
    let count = 0;
    for (const [database, definitions] of this.#databases)
      for (const [name, versions] of definitions)
        for (const [version, flow] of versions)
          for (const [state, stays] of flow.stays) {
            if (count >= max) return;
            count += 1;
            yield { database, definition: `${name}:${version}`, state, stays };
          }
  }

  #noteWay(flow: DefinitionFlow, { left, taken }: Way, atMs: number): void {
    for (const [state, sinceMs] of left) {
      const histogram =
        flow.stays.get(state) ?? this.#added(flow, flow.stays, state, () => new StayHistogram());
      histogram?.add(atMs - sinceMs);
    }
    for (const edge of taken) {
      const count =
        flow.edges.get(edge.name) ?? this.#added(flow, flow.edges, edge.name, () => new EdgeCount(edge));
      count?.add(atMs);
    }
  }

  /** A place that is counted from now on; undefined where there are too many. */
  #added<T>(flow: DefinitionFlow, places: Map<string, T>, name: string, make: () => T): T | undefined {
    if (this.#placeCount >= this.#placesMax) {
      flow.isPartial = true;
      return undefined;
    }
    this.#placeCount += 1;
    const place = make();
    places.set(name, place);
    return place;
  }

  #flowOf(database: number, definition: DefinitionName): DefinitionFlow {
    const latest = this.#latest;
    if (latest?.database === database && isSame(latest.definition, definition)) return latest.flow;
    const { name, version } = definition;
    const definitions = entryOf(this.#databases, database, () => new Map() as DatabaseFlow);
    const versions = entryOf(definitions, name, () => new Map<string, DefinitionFlow>());
    const flow = entryOf(versions, version, () => new DefinitionFlow());
    this.#latest = { database, definition, flow };
    return flow;
  }

  #forget(database: number): void {
    for (const versions of this.#databases.get(database)?.values() ?? [])
      for (const { stays, edges } of versions.values()) this.#placeCount -= stays.size + edges.size;
    this.#databases.delete(database);
    this.#latest = undefined;
  }

  #swap([one, other]: readonly [number, number]): void {
    const [a, b] = [this.#databases.get(one), this.#databases.get(other)];
    this.#databases = new Map([...this.#databases].filter(([index]) => index !== one && index !== other));
    if (a !== undefined) this.#databases.set(other, a);
    if (b !== undefined) this.#databases.set(one, b);
    this.#latest = undefined;
  }
}

/** Each machine that was read has a definition object of its own, so names are compared too. */
function isSame(a: DefinitionName, b: DefinitionName): boolean {
  return a === b || (a.name === b.name && a.version === b.version);
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** How often an edge was taken: in all, and in the last hour. */
class EdgeCount {
  readonly #edge: Edge;
  readonly #recent = new RecentCounts(MINUTE_MS, MINUTES);
  #taken = 0;

  constructor({ name, from, to, event }: Edge) {
    // Edges hold on to the definition that was compiled, this does not.
    this.#edge = { name, from, to, event };
  }

  add(atMs: number): void {
    this.#recent.add(atMs);
    this.#taken += 1;
  }

  figures(nowMs: number): EdgeFigures {
    const { from, to, event } = this.#edge;
    return { from, to, event, taken: this.#taken, lastHour: this.#recent.sum(nowMs) };
  }
}
