/**
 * Which way machines go to a definition: by the map that was given; without one by the maps that plans have kept, from
 * version to version where they make a chain; without any by the names of states.
 */

import { type Bytes, bytesOfText } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import type { Json } from "../../base/json.ts";
import type { Machine } from "../../engine/machine.ts";
import { type MigrationMap, NO_MAP, readMigrationMap } from "../../engine/migration-map.ts";
import type { DefinitionName } from "../../keyspace/layouts.ts";
import * as errors from "../../protocol/errors.ts";
import {
  definitionAt,
  findDefinition,
  listDefinitions,
  type StoredDefinition,
  splitDefinitionId,
} from "../definitions.ts";
import type { MachineRecord } from "../record.ts";
import type { Scope } from "../subject.ts";
import type { Destination } from "./migrate.ts";
import { plansOf, type Source, type StoredPlan } from "./stored.ts";

/** What a client names: a definition, a version of one, or keys of machines with maps of their own. @throws ReplyError NODEF */
export function sourceOf({ db }: Scope, given: string): Source {
  const { name, version } = splitDefinitionId(given);
  if (findDefinition(db, name, version) !== undefined)
    return version === undefined ? { name } : { name, version };
  if (/[*?[]/.test(given)) return { match: given };
  throw errors.noDefinition(given);
}

/** How messages and replies write it. */
export function nameOfSource(source: Source): string {
  if ("match" in source) return source.match;
  return source.version === undefined ? source.name : `${source.name}:${source.version}`;
}

/** Whether a machine is one of them, wherever it is in the index. */
export class SourceFilter {
  readonly #source: Source;
  readonly #to: DefinitionName;
  readonly #matches: ((key: Bytes) => boolean) | undefined;

  constructor(source: Source, to: DefinitionName) {
    this.#source = source;
    this.#to = to;
    this.#matches = "match" in source ? globMatcher(bytesOfText(source.match)) : undefined;
  }

  includes(key: Bytes, { definition }: MachineRecord): boolean {
    const source = this.#source;
    if (definition === undefined) return this.#matches?.(key) === true;
    if ("match" in source || definition.name !== source.name) return false;
    if (definition.name === this.#to.name && definition.version === this.#to.version) return false;
    return source.version === undefined || definition.version === source.version;
  }
}

/** A migration as it is asked for. */
export interface Aim {
  readonly from: Source;
  readonly to: DefinitionName;
  readonly map: Json;
}

/** The definitions that machines of a source have, the one they are to go to aside. */
export function definitionsOf({ db }: Scope, { from, to }: Pick<Aim, "from" | "to">): StoredDefinition[] {
  if ("match" in from) return [];
  return listDefinitions(db, from.name).filter(
    ({ version }) =>
      (from.version === undefined || version === from.version) &&
      !(from.name === to.name && version === to.version),
  );
}

/** Compiled maps of a definition that machines go to, by the text of each. */
const compiledMaps = new WeakMap<Machine, Map<string, MigrationMap>>();
const COMPILED_MAX = 100;

/** Ways are found once for each version. */
export class Routes {
  readonly #scope: Scope;
  readonly #aim: Aim;
  readonly #target: StoredDefinition;
  readonly #byVersion = new Map<string, Destination>();
  #plans: readonly StoredPlan[] | undefined;

  /** @throws ReplyError NODEF for a definition that is not there, ERR for a map that is none */
  constructor(scope: Scope, aim: Aim) {
    this.#scope = scope;
    this.#aim = aim;
    this.#target = definitionAt(scope.db, `${aim.to.name}:${aim.to.version}`);
    if (aim.map !== null) this.#compiled(aim.map, this.#target, aim.from);
  }

  destinationOf({ definition }: Pick<MachineRecord, "definition">): Destination {
    const name = definition === undefined ? "" : `${definition.name}:${definition.version}`;
    let found = this.#byVersion.get(name);
    if (found === undefined) {
      found = this.#find(definition);
      this.#byVersion.set(name, found);
    }
    return found;
  }

  #find(from: DefinitionName | undefined): Destination {
    const { map, from: source } = this.#aim;
    const chain = map !== null ? [{ to: this.#target, map, from: source }] : this.#chain(from ?? undefined);
    const { name, version } = this.#target;
    return {
      definition: { name, version },
      steps: chain.map((step) => ({
        to: this.#scope.server.charts.chartOf(step.to),
        map: step.map === null ? NO_MAP : this.#compiled(step.map, step.to, step.from),
      })),
    };
  }

  /** The shortest way over maps that were kept, the newest of several first; straight there without any. */
  #chain(from: DefinitionName | undefined): ReadonlyArray<{ to: StoredDefinition; map: Json; from: Source }> {
    const target = this.#target;
    const straight = [{ to: target, map: null, from: this.#aim.from }];
    if (from === undefined) return straight;
    this.#plans ??= plansOf(this.#scope.db)
      .filter(({ map }) => map !== null)
      .reverse();
    /** For each definition that was reached, the plan that leads there and from where. */
    const reached = new Map<string, { readonly plan: StoredPlan; readonly from: DefinitionName } | undefined>(
      [[idOf(from), undefined]],
    );
    const queue: DefinitionName[] = [from];
    for (let at = queue.shift(); at !== undefined && !reached.has(idOf(target)); at = queue.shift()) {
      for (const plan of this.#plans) {
        if (!covers(plan.from, at) || reached.has(idOf(plan.to))) continue;
        reached.set(idOf(plan.to), { plan, from: at });
        queue.push(plan.to);
      }
    }
    const way: Array<{ to: StoredDefinition; map: Json; from: Source }> = [];
    for (let at = reached.get(idOf(target)); at !== undefined; at = reached.get(idOf(at.from))) {
      const to = findDefinition(this.#scope.db, at.plan.to.name, at.plan.to.version);
      if (to === undefined) return straight;
      way.unshift({ to, map: at.plan.map, from: at.plan.from });
    }
    return way.length === 0 ? straight : way;
  }

  #compiled(json: Json, definition: StoredDefinition, from: Source): MigrationMap {
    const to = this.#scope.server.charts.chartOf(definition);
    let known = compiledMaps.get(to);
    if (known === undefined || known.size >= COMPILED_MAX) {
      known = new Map();
      compiledMaps.set(to, known);
    }
    const text = `${nameOfSource(from)}\n${JSON.stringify(json)}`;
    let map = known.get(text);
    if (map === undefined) {
      map = this.#compile(json, to, from, definition);
      known.set(text, map);
    }
    return map;
  }

  #compile(json: Json, to: Machine, from: Source, { name, version }: StoredDefinition): MigrationMap {
    const { charts } = this.#scope.server;
    const definitions = definitionsOf(this.#scope, { from, to: { name, version } });
    const names =
      "match" in from
        ? undefined
        : new Set(definitions.flatMap((definition) => [...charts.chartOf(definition).byPath.keys()]));
    const result = readMigrationMap(json, { from: names, to });
    if (!result.ok) throw errors.err(`invalid map at ${result.path}: ${result.reason}`);
    return result.map;
  }
}

function covers(source: Source, { name, version }: DefinitionName): boolean {
  return !("match" in source) && source.name === name && (source.version ?? version) === version;
}

function idOf({ name, version }: DefinitionName): string {
  return `${name}:${version}`;
}
