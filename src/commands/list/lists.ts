/** What the list commands share. */
import * as errors from "../../protocol/errors.ts";
import { settleGrowingList, settleShrinkingList } from "../../values/encoding.ts";
import { List, type ListEnd } from "../../values/list.ts";
import { safeIndex, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { heldAt, heldForWrite, heldOrNew } from "../held-values.ts";

/** The list at a key that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function listAt(call: Call, key: Buffer): List | undefined {
  const held = heldAt(call, key, "list");
  return held === undefined ? undefined : new List(held);
}

/** The list at a key that is changed. @throws ReplyError WRONGTYPE */
export function listForWrite(call: Call, key: Buffer): List | undefined {
  const held = heldForWrite(call, key, "list");
  return held === undefined ? undefined : new List(held);
}

/** The list at a key, which need not be there yet. @throws ReplyError WRONGTYPE */
export function listOrNew(call: Call, key: Buffer): List {
  return new List(heldOrNew(call, key, "list"));
}

/** Elements are about to be added. */
export function growing(call: Call, list: List, added: readonly Buffer[]): void {
  settleGrowingList(list, added, call.server.config.values["list-max-listpack-size"]);
}

/** Elements were removed. */
export function shrinking(call: Call, list: List): void {
  settleShrinkingList(list, call.server.config.values["list-max-listpack-size"]);
}

/** Puts elements at an end, one after the other, and saves; the length then. */
export function pushAll(call: Call, list: List, end: ListEnd, elements: readonly Buffer[]): number {
  growing(call, list, elements);
  for (const element of elements) list.push(end, element);
  list.save(end === "left" ? "lpush" : "rpush");
  return list.count;
}

/** Puts elements behind a list, one by one, as what is to come is not known when the first is added. */
export function fillList(call: Call, list: List, elements: readonly Buffer[]): void {
  for (const element of elements) {
    growing(call, list, [element]);
    list.push("right", element);
  }
}

/** Takes up to `count` elements from an end, one after the other, and saves. */
export function popSome(call: Call, list: List, end: ListEnd, count: number): Buffer[] {
  const length = Math.min(count, list.count);
  const from = end === "left" ? 0 : list.count - length;
  const elements = list.range(from, from + length - 1).map((element) => Buffer.from(element));
  list.remove(from, length);
  shrinking(call, list);
  list.save(end === "left" ? "lpop" : "rpop");
  return end === "left" ? elements : elements.reverse();
}

/** LEFT or RIGHT. @throws ReplyError syntax error */
export function endOf(bytes: Buffer | undefined): ListEnd {
  const word = token(bytes);
  if (word === "LEFT") return "left";
  if (word === "RIGHT") return "right";
  throw errors.syntaxError();
}

/** The place that an index names, which counts from the end when it is negative; it may be none of the list. */
export function placeOf(list: List, bytes: Buffer): number {
  const index = safeIndex(bytes);
  return index < 0 ? list.count + index : index;
}
