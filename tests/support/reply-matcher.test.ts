import { expect, test } from "vitest";
import { ReplyMatcher } from "./reply-matcher.ts";

/** What a matcher says of requests and what came after each: nothing, or that it was wrong. */
function matched(...turns: ReadonlyArray<readonly [request: string, bytes: string]>): void {
  const matcher = new ReplyMatcher();
  for (const [request, bytes] of turns) {
    matcher.sent(request.split(" "));
    matcher.received(Buffer.from(bytes));
  }
}

const CONFIRMED = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
const MESSAGE = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
const PUSHED = `>${MESSAGE.slice(1)}`;

test.each([
  [
    "replies in order",
    [
      ["GET k", "$1\r\nv\r\n"],
      ["INCR n", ":1\r\n"],
    ],
  ],
  [
    "a reply in pieces",
    [
      ["GET k", "$1\r"],
      ["INCR n", "\nv\r\n:1\r\n"],
    ],
  ],
  [
    "a reply that came late",
    [
      ["XREAD BLOCK 0 STREAMS s 0", ""],
      ["GET k", "*-1\r\n$1\r\nv\r\n"],
    ],
  ],
  [
    "messages to a subscriber",
    [
      ["SUBSCRIBE a b", CONFIRMED + CONFIRMED + MESSAGE],
      ["QUIT", "+OK\r\n"],
    ],
  ],
  [
    "pushes",
    [
      ["HELLO 3", "-NOAUTH\r\n"],
      ["GET k", `${PUSHED}$1\r\nv\r\n`],
    ],
  ],
  [
    "silence",
    [
      ["CLIENT REPLY SKIP", ""],
      ["GET k", ""],
      ["INCR n", ":1\r\n"],
    ],
  ],
  [
    "silence until ON",
    [
      ["CLIENT REPLY OFF", ""],
      ["SUBSCRIBE a", CONFIRMED],
      ["CLIENT REPLY ON", "+OK\r\n"],
    ],
  ],
  [
    "a subscription that is refused",
    [
      ["SUBSCRIBE", "-ERR\r\n"],
      ["INCR n", ":1\r\n"],
    ],
  ],
] as const)("ReplyMatcher accepts %s when they are as declared", (_name, turns) => {
  expect(() => matched(...turns)).not.toThrow();
});

test.each([
  ["another type", [["GET k", ":1\r\n"]]],
  ["another type behind a push", [["GET k", `${PUSHED}:1\r\n`]]],
  ["a reply that nobody asked for", [["CLIENT REPLY OFF", "+OK\r\n"]]],
  ["a confirmation of another shape", [["SUBSCRIBE a", "*3\r\n$9\r\nsubscribe\r\n:1\r\n:1\r\n"]]],
  ["a message where there is no subscription", [["GET k", MESSAGE]]],
] as const)("ReplyMatcher throws for %s", (_name, turns) => {
  expect(() => matched(...turns)).toThrow(/is not as commands.json declares it|a reply to no request/);
});
