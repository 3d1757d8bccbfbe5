/** How much memory and output a reply takes, roughly: what limits count. */
import type { Reply } from "./reply.ts";
import { isArray } from "./reply-kinds.ts";

/** What a value takes beside its bytes: its header, its line endings, a number. */
const VALUE_BYTES = 16;

/** Costs as much as the reply has values. */
export function replySize(reply: Reply): number {
  if (Buffer.isBuffer(reply)) return reply.length + VALUE_BYTES;
  const bytes = ownSize(reply);
  const items = itemsOf(reply);
  return items === undefined ? bytes : bytes + sizeOfItems(items);
}

/** With a stack of our own: replies may be nested deeply. */
function sizeOfItems(root: readonly Reply[]): number {
  const stack = [root];
  let bytes = 0;
  for (let items = stack.pop(); items !== undefined; items = stack.pop()) {
    for (const item of items) {
      bytes += ownSize(item);
      const inner = itemsOf(item);
      if (inner !== undefined) stack.push(inner);
    }
  }
  return bytes;
}

/** A value without what is inside it. */
function ownSize(reply: Reply): number {
  if (typeof reply === "string" || Buffer.isBuffer(reply)) return reply.length + VALUE_BYTES;
  if (typeof reply !== "object" || reply === null || isArray(reply)) return VALUE_BYTES;
  switch (reply.kind) {
    case "simple":
    case "verbatim":
      return reply.text.length + VALUE_BYTES;
    case "error":
      return reply.message.length + VALUE_BYTES;
    case "bulks":
      return reply.strings.byteLength + reply.strings.count * VALUE_BYTES + VALUE_BYTES;
    default:
      return VALUE_BYTES;
  }
}

function itemsOf(reply: Reply): readonly Reply[] | undefined {
  if (typeof reply !== "object" || reply === null || Buffer.isBuffer(reply)) return undefined;
  if (isArray(reply)) return reply;
  switch (reply.kind) {
    case "map":
      return reply.entries.flat();
    case "set":
    case "push":
      return reply.items;
    case "several":
      return reply.replies;
    default:
      return undefined;
  }
}
