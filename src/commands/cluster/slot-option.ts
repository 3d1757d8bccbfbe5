/**
 * `SLOT n`: of commands that speak of all partitions a server holds, the partition of that slot alone. The request goes to whoever
 * owns the slot, as one with a key does. So a client that asks for each partition hears of all of them, wherever they are and
 * whenever they move.
 */
import { CATALOGUE } from "../../catalogue/catalogue.ts";
import type { Command } from "../../catalogue/command.ts";
import type { Argument } from "../../catalogue/declaration.ts";
import { SLOT_COUNT } from "../../cluster/view.ts";
import type { Databases } from "../../keyspace/databases.ts";
import * as errors from "../../protocol/errors.ts";
import { token } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** Where the option may be in a request. */
interface Place {
  /** Behind what has its place by its position. */
  readonly begin: number;
  /** Options behind which another argument follows, which may be any word. */
  readonly valued: ReadonlySet<string>;
}

/** Of the commands that declare the option, by their names. */
const PLACES: ReadonlyMap<string, Place> = new Map(
  CATALOGUE.commands
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(({ declaration }) => declaration.arguments.some(({ token }) => token === "SLOT"))
    .map(({ name, declaration }) => [name, placeIn(name, declaration.arguments)]),
);

function placeIn(name: string, declared: readonly Argument[]): Place {
  const words = name.split("|").length;
  const positional = declared.filter(({ token }) => token === undefined).length;
  const valued = declared.flatMap(({ token, type }) =>
    token === undefined || type === "pure-token" ? [] : [token],
  );
  return { begin: words + positional, valued: new Set(valued) };
}

/** The slot that a request names; undefined where it names none, or what is none, which its handler refuses. */
export function slotNamed({ name }: Pick<Command, "name">, args: readonly Buffer[]): number | undefined {
  const place = PLACES.get(name);
  if (place === undefined) return undefined;
  for (let position = place.begin; position + 1 < args.length; position += 1) {
    const word = token(args[position]);
    if (word === "SLOT") return slotIn(args[position + 1]);
    if (place.valued.has(word)) position += 1;
  }
  return undefined;
}

/** The value of the option, where it was given. @throws ReplyError for no slot */
export function readSlot(value: Buffer | undefined): number | undefined {
  if (value === undefined) return undefined;
  const slot = slotIn(value);
  if (slot === undefined) throw errors.invalidSlot();
  return slot;
}

/** The partitions that a request speaks of: that of the slot, all that are held where it names none. @throws ReplyError */
export function placesAsked(call: Call, slot: number | undefined): readonly Databases[] {
  if (slot === undefined) return call.everywhere();
  const { place } = call.databases;
  const asked = call.server.cluster?.partitionOf(slot)?.partition;
  if (place.count === 1 || place.number === asked) return [call.databases];
  // What is tried against the first partition that is held, as the log of the cluster has it.
  const held = call.everywhere().find((databases) => databases.place.number === asked);
  if (held === undefined) throw errors.notYetShared("the slot has gone to another server");
  return [held];
}

function slotIn(bytes: Buffer | undefined): number | undefined {
  const text = bytes?.toString("latin1") ?? "";
  return /^\d{1,5}$/.test(text) && Number(text) < SLOT_COUNT ? Number(text) : undefined;
}
