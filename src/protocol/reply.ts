/**
 * Reply values: what a command returns. They are encoded for the protocol of the session (RESP2 or RESP3)
 * only after the commit of the turn, so a reply never promises what the store then refuses.
 *
 * | value                      | RESP2                | RESP3              |
 * | -------------------------- | -------------------- | ------------------ |
 * | null                       | null bulk string     | null               |
 * | number (integer), bigint   | integer              | integer            |
 * | string                     | bulk string (UTF-8)  | bulk string        |
 * | Buffer                     | bulk string          | bulk string        |
 * | array                      | array                | array              |
 * | simple                     | simple string        | simple string      |
 * | error                      | error                | error              |
 * | nullArray                  | null array           | null               |
 * | map                        | flat array           | map                |
 * | set                        | array                | set                |
 * | bulks                      | array                | array, set or map  |
 * | double                     | bulk string          | double             |
 * | boolean                    | integer 1 or 0       | boolean            |
 * | bigNumber                  | bulk string          | big number         |
 * | verbatim                   | bulk string          | verbatim string    |
 * | push                       | array                | push               |
 * | several                    | its replies in a row | the same           |
 * | none                       | nothing at all       | nothing at all     |
 */
import type { ByteRanges } from "../base/byte-ranges.ts";

export type Reply = null | number | bigint | string | Buffer | readonly Reply[] | TaggedReply;

export type TaggedReply =
  /** A simple string; one that holds CR, LF or NUL is sent as a bulk string. */
  | { readonly kind: "simple"; readonly text: string }
  /** `message` begins with the error code, without the leading "-"; CR and LF are sent as spaces. */
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "nullArray" }
  /** Entries in the order they are sent. */
  | { readonly kind: "map"; readonly entries: ReadonlyArray<readonly [Reply, Reply]> }
  | { readonly kind: "set"; readonly items: readonly Reply[] }
  /** An array or set of bulk strings, or a map of them: names and values by turns. */
  | { readonly kind: "bulks"; readonly shape: "array" | "set" | "map"; readonly strings: ByteRanges }
  /** `text` is how it is written, where that is not the usual way. */
  | { readonly kind: "double"; readonly value: number; readonly text?: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** An integer of any size, as its digits. */
  | { readonly kind: "bigNumber"; readonly digits: string }
  /** `format` is three characters, such as "txt". */
  | { readonly kind: "verbatim"; readonly format: string; readonly text: string }
  | { readonly kind: "push"; readonly items: readonly Reply[] }
  /** Several replies to one request: SUBSCRIBE answers for each channel. In EXEC's array they count as one. */
  | { readonly kind: "several"; readonly replies: readonly Reply[] }
  /** No reply: CLIENT REPLY SKIP, SHUTDOWN, a blocked command. */
  | { readonly kind: "none" };

/** RESP protocol version of a session. */
export type ProtocolVersion = 2 | 3;

/** A reply with the protocol of its session at the time. */
export interface OutgoingReply {
  readonly reply: Reply;
  readonly protocol: ProtocolVersion;
}

export const OK: Reply = { kind: "simple", text: "OK" };
export const NONE: Reply = { kind: "none" };
export const NULL_ARRAY: Reply = { kind: "nullArray" };

/** A simple string reply. */
export function simple(text: string): Reply {
  return { kind: "simple", text };
}

/** A map reply from pairs, in their order. */
export function map(entries: ReadonlyArray<readonly [Reply, Reply]>): Reply {
  return { kind: "map", entries };
}
