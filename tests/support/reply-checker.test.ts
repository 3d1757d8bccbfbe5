import { describe, expect, it } from "vitest";
import { replyChecker } from "./reply-checker.ts";
import { ReplyFailure } from "./resp-decoder.ts";

const HELLO = {
  server: "redis",
  version: "7.2.4",
  proto: 3,
  id: 1,
  mode: "standalone",
  role: "master",
  modules: [],
};

describe("replyChecker", () => {
  const recorded: string[] = [];
  const checker = () => replyChecker({ record: (name) => recorded.push(name) });

  it("accepts a reply that is as declared, or an error, and records it", () => {
    const check = checker();
    check(["config", "GET", "port"], ["port", "6379"]);
    check(["GET", Buffer.from("k")], new ReplyFailure("WRONGTYPE"));
    check(["nope"], 1);
    check(["CONFIG"], new ReplyFailure("ERR wrong number of arguments for 'config' command"));
    check(["MODULE", "LOAD", "x"], new ReplyFailure("ERR"));
    expect(recorded).toEqual(["CONFIG|GET", "MODULE|LOAD"]);
  });

  it("throws when a reply is not as declared", () => {
    expect(() => checker()(["GET", "k"], 1)).toThrow(
      "the RESP2 reply of GET is not as commands.json declares it",
    );
  });

  it("expects maps when HELLO has changed the protocol, until RESET", () => {
    const check = checker();
    const map = new Map([["port", "6379"]]);
    expect(() => check(["CONFIG", "GET", "port"], map)).toThrow("RESP2");
    check(["HELLO", 3], HELLO);
    check(["CONFIG", "GET", "port"], map);
    check(["HELLO", "4"], new ReplyFailure("NOPROTO unsupported protocol version"));
    check(["CONFIG", "GET", "port"], map);
    check(["RESET"], "RESET");
    expect(() => check(["CONFIG", "GET", "port"], map)).toThrow("RESP2");
  });

  it("checks the items of EXEC by the commands when they were queued", () => {
    const check = checker();
    const transaction = (...items: (number | string)[]) => {
      check(["MULTI"], "OK");
      check(["INCR", "n"], "QUEUED");
      check(["GET", "n"], "QUEUED");
      check(["EXEC"], items);
    };
    expect(() => transaction(1, "1")).not.toThrow();
    expect(() => transaction("1", 1)).toThrow("reply of INCR");
    expect(() => checker()(["EXEC"], null)).not.toThrow();
  });
});
