import type { Reply, TaggedReply } from "./reply.ts";

/** Replies that hold others, arrays apart. */
export type Aggregate = Extract<TaggedReply, { kind: "map" | "set" | "push" | "several" }>;
/** Replies that hold no others. */
export type Scalar = Exclude<TaggedReply, Aggregate>;

/** Array.isArray for readonly arrays. */
export function isArray(reply: readonly Reply[] | TaggedReply | bigint): reply is readonly Reply[] {
  return Array.isArray(reply);
}

/** Whether a reply holds others. */
export function isAggregate(reply: TaggedReply): reply is Aggregate {
  return reply.kind === "map" || reply.kind === "set" || reply.kind === "push" || reply.kind === "several";
}

/** Whether it is the reply that is no reply. */
export function isNone(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "none";
}
