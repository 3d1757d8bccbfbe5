/**
 * `SLOT n`: of commands that speak of all partitions a server holds, the partition of that slot alone. The request goes to whoever
 * owns the slot, as one with a key does. So a client that asks for each partition hears of all of them, wherever they are and
 * whenever they move.
 */
import type { Command } from "../../catalogue/command.ts";
import { SLOT_COUNT } from "../../cluster/view.ts";
import type { Databases } from "../../keyspace/databases.ts";
import * as errors from "../../protocol/errors.ts";
import { token } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** Where options may begin in the commands that have it. */
const BEGINS: ReadonlyMap<string, number> = new Map([
  ["SM.COUNT", 1],
  ["SM.MIGRATION|LIST", 2],
  ["SM.MIGRATION|STATUS", 3],
  ["SM.MIGRATION|UNDO", 3],
  ["SM.OVERDUE", 2],
  ["SM.REQUEUE", 1],
  ["SM.SCAN", 2],
]);

/** Options of these commands behind which another argument follows, which may be any word. */
const VALUED = new Set([
  "BY",
  "COUNT",
  "DEF",
  "MATCH",
  "OLDER",
  "STATE",
  "STATUS",
  "STREAM",
  "TASK",
  "WHERE",
]);

/** The slot that a request names; undefined where it names none, or what is none, which its handler refuses. */
export function slotNamed({ name }: Pick<Command, "name">, args: readonly Buffer[]): number | undefined {
  const begin = BEGINS.get(name);
  if (begin === undefined) return undefined;
  for (let position = begin; position + 1 < args.length; position += 1) {
    const word = token(args[position]);
    if (word === "SLOT") return slotIn(args[position + 1]);
    if (VALUED.has(word)) position += 1;
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
