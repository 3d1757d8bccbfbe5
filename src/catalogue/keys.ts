/** Which arguments of a request are keys, by the key specifications of its command. */
import type { Command } from "./command.ts";
import type { KeyFlag, KeySpec } from "./declaration.ts";

export type KeyUse = {
  readonly key: Buffer;
  /** Its index in the request. */
  readonly position: number;
  /** What the command may do to the key; in Redis' order. */
  readonly flags: readonly KeyFlag[];
};

/** Whether a command has arguments that are keys; channels, though declared like keys, are none. */
export function hasKeys(command: Command): boolean {
  return command.keySpecs.some((spec) => !spec.flags.includes("NOT_KEY"));
}

/**
 * The keys of a request in the order of the key specifications, or undefined where the arguments do not fit them.
 * `request` is whole, the command's name included. Costs as much as there are arguments.
 */
export function keysOf(command: Command, request: readonly Buffer[]): readonly KeyUse[] | undefined {
  const keys: KeyUse[] = [];
  for (const spec of command.keySpecs) {
    if (spec.flags.includes("NOT_KEY")) continue;
    const first = firstPosition(command, spec, request);
    if (first === undefined) continue;
    const range = positions(spec, request, first);
    if (range === undefined) return undefined;
    const flags = spec.flags.includes("VARIABLE_FLAGS") ? actualFlags(command, spec, request) : spec.flags;
    for (let position = range.first; position <= range.last; position += range.step) {
      const key = request[position];
      if (key !== undefined) keys.push({ key, position, flags });
    }
  }
  return keys;
}

/** Where the keys of a specification begin, or undefined if its keyword is missing. */
function firstPosition(
  command: Command,
  { beginSearch, flags }: KeySpec,
  request: readonly Buffer[],
): number | undefined {
  if (beginSearch.kind === "index") return beginSearch.pos;
  if (beginSearch.kind === "unknown")
    return command.name === "sort" && flags.includes("OW") ? sortDestination(request) : undefined;
  // Forwards the last argument is not looked at, nor is the name backwards: a keyword has something after it.
  const forwards = beginSearch.startfrom > 0;
  const start = forwards ? beginSearch.startfrom : request.length + beginSearch.startfrom;
  const end = forwards ? request.length - 1 : 0;
  const step = forwards ? 1 : -1;
  for (let position = start; forwards ? position < end : position > end; position += step) {
    if (request[position]?.toString("latin1").toUpperCase() === beginSearch.keyword) return position + 1;
  }
  return undefined;
}

type Positions = { readonly first: number; readonly last: number; readonly step: number };

/** The positions of the keys from the first on, or undefined if some lie beyond the request. */
function positions(spec: KeySpec, request: readonly Buffer[], first: number): Positions | undefined {
  const { findKeys } = spec;
  if (findKeys.kind === "unknown")
    return spec.beginSearch.kind === "unknown" ? { first, last: first, step: 1 } : undefined;
  if (findKeys.kind === "range") {
    const { lastkey, limit, step } = findKeys;
    const share = limit > 1 ? first + Math.floor((request.length - first) / limit) : request.length;
    return inside({ first, last: lastkey >= 0 ? first + lastkey : share + lastkey, step }, request);
  }
  const count = Number(request[first + findKeys.keynumidx]?.toString("latin1") ?? Number.NaN);
  if (!Number.isSafeInteger(count) || count < 1) return undefined;
  const firstKey = first + findKeys.firstkey;
  return inside(
    { first: firstKey, last: firstKey + (count - 1) * findKeys.step, step: findKeys.step },
    request,
  );
}

function inside(range: Positions, request: readonly Buffer[]): Positions | undefined {
  return range.last >= range.first && range.last < request.length ? range : undefined;
}

/** The flags of a specification that depend on the options given: SET reads only with GET, BITFIELD writes unless all are GET. */
function actualFlags(command: Command, spec: KeySpec, request: readonly Buffer[]): readonly KeyFlag[] {
  if (command.name === "bitfield") return onlyReads(request) ? ["RO", "ACCESS"] : ["RW", "ACCESS", "UPDATE"];
  if (command.name !== "set") return spec.flags;
  const reads = request.slice(3).some((argument) => wordOf(argument) === "GET");
  return reads ? ["RW", "ACCESS", "UPDATE"] : ["OW", "UPDATE"];
}

/** Where the key behind STORE is in a SORT; the keys of BY and GET are not known before it runs. */
function sortDestination(sort: readonly Buffer[]): number | undefined {
  let position: number | undefined;
  for (let at = 2; at < sort.length; at += 1) {
    const word = wordOf(sort[at]);
    if (word === "LIMIT") at += 2;
    else if (word === "GET" || word === "BY") at += 1;
    else if (word === "STORE" && at + 1 < sort.length) {
      at += 1;
      position = at;
    }
  }
  return position;
}

function onlyReads(bitfield: readonly Buffer[]): boolean {
  for (let at = 2; at < bitfield.length; ) {
    const word = wordOf(bitfield[at]);
    const following = bitfield.length - at - 1;
    if (word === "GET" && following >= 2) at += 3;
    else if (word === "OVERFLOW" && following >= 1) at += 2;
    else return false;
  }
  return true;
}

function wordOf(argument: Buffer | undefined): string {
  return argument?.toString("latin1").toUpperCase() ?? "";
}
