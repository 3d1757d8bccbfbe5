/** What the geo commands share: arguments, and members of sorted sets as places. */

import { parseDouble } from "../../base/double-text.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { SortedSet } from "../../values/sorted-set.ts";
import { argument, token } from "../arguments.ts";
import { scoreArgument } from "../sorted-set/sorted-sets.ts";
import { isPosition, type Position, positionOf } from "./geohash-cells.ts";

const METERS: ReadonlyMap<string, number> = new Map([
  ["M", 1],
  ["KM", 1000],
  ["FT", 0.3048],
  ["MI", 1609.34],
]);

/** Longitude and latitude from an argument on. @throws ReplyError */
export function positionArgument(args: readonly Buffer[], at: number): Position {
  const position = {
    longitude: scoreArgument(argument(args, at)),
    latitude: scoreArgument(argument(args, at + 1)),
  };
  if (!isPosition(position))
    throw errors.invalidPosition(shown(position.longitude), shown(position.latitude));
  return position;
}

/** With six digits behind the point, however large it is. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** The meters of a unit. @throws ReplyError */
export function unitArgument(args: readonly Buffer[], at: number): number {
  const meters = METERS.get(token(argument(args, at)));
  if (meters === undefined) throw errors.unknownUnit();
  return meters;
}

/** A length. @throws ReplyError "need numeric …" */
export function lengthArgument(
  args: readonly Buffer[],
  at: number,
  name: "radius" | "width" | "height",
): number {
  const length = parseDouble(argument(args, at).toString("latin1"));
  if (length === undefined) throw errors.lengthNotANumber(name);
  return length;
}

/** Where a member is; undefined when it is not there. */
export function memberPosition(set: SortedSet | undefined, member: Buffer): Position | undefined {
  const score = set?.score(member);
  return score === undefined ? undefined : positionOf(score);
}

/** With four digits behind the point. */
export function distanceReply(length: number): Reply {
  return length.toFixed(4);
}

export function positionReply({ longitude, latitude }: Position): Reply {
  return [coordinate(longitude), coordinate(latitude)];
}

/** 17 digits behind the point, without zeros at the end. */
function coordinate(value: number): Reply {
  return { kind: "double", value, text: value.toFixed(17).replace(/\.?0+$/, "") };
}
