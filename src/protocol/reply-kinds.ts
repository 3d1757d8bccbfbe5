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

/** Many bulk strings as replies of their own, for who looks at them one by one. */
export function singly({ shape, strings }: Extract<TaggedReply, { kind: "bulks" }>): Reply {
  const views = strings.views();
  if (shape === "array") return views;
  if (shape === "set") return { kind: "set", items: views };
  const entries = Array.from(
    { length: views.length / 2 },
    (_, index) => [views[2 * index] ?? null, views[2 * index + 1] ?? null] as const,
  );
  return { kind: "map", entries };
}

/** Whether it is the reply that is no reply. */
export function isNone(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "none";
}
