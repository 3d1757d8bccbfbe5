import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { exerciseRecorder, forgetExercised, unexercisedCommands } from "./exercised-commands.ts";
import { type DecodedReply, declaredName, replyProblem, validateReply } from "./reply-schema.ts";

const HELLO = {
  server: "redis",
  version: "7.2.4",
  proto: 3,
  id: 1n,
  mode: "standalone",
  role: "master",
  modules: [],
};

describe("validateReply", () => {
  it.each<[string, DecodedReply]>([
    ["get", null],
    ["GET", Buffer.from("v")],
    ["mget", ["a", null]],
    ["incr", -9223372036854775808n],
    ["config|get", new Map([["port", "6379"]])],
    ["config|get", new Map()],
    ["hello", HELLO],
    ["command|getkeysandflags", [["k", new Set(["RO", "access"])]]],
    ["sm.state", ["a"]],
    ["sm.mutate", "OK"],
    ["exec", [1, null, ["x"]]],
  ])("accepts %s in RESP3 when the reply is as declared", (name, reply) => {
    expect(() => validateReply(name, reply, 3)).not.toThrow();
  });

  it.each<[string, DecodedReply]>([
    ["get", 1],
    ["incr", "1"],
    ["sm.reset", "ok"],
    ["mget", "a"],
    ["config|get", ["port", "6379"]],
    ["hello", { ...HELLO, proto: 4 }],
    ["sm.state", [1]],
    ["sm.mutate", "moved"],
    ["ttl", -3],
  ])("refuses %s in RESP3 when the reply is not as declared", (name, reply) => {
    expect(() => validateReply(name, reply, 3)).toThrow(`the RESP3 reply of ${name} is not as commands.json`);
  });

  it("checks the pairs of a flat array when the protocol is RESP2", () => {
    const flat = Object.entries(HELLO).flat();
    expect(replyProblem("hello", flat, 2)).toBeUndefined();
    expect(replyProblem("hello", flat.slice(0, -1), 2)).toContain("RESP2");
    expect(replyProblem("hello", flat.slice(0, -2), 2)).toContain("RESP2");
    expect(replyProblem("hello", HELLO, 2)).toContain("RESP2");
    expect(replyProblem("module|list", [["name", "redisstate", "ver", 1]], 2)).toBeUndefined();
    expect(replyProblem("module|list", [["name", 1, "ver", 1]], 2)).toContain("RESP2");
  });

  it("throws when a command has no schema", () => {
    expect(() => validateReply("config", "OK", 3)).toThrow("no reply schema for config");
    expect(() => validateReply("nope", "OK", 3)).toThrow("no reply schema for nope");
  });

  it("has a schema that compiles, with a text on each branch, when a command can be called", () => {
    for (const command of CATALOGUE.commands.flatMap((one) => [one, ...one.subcommands.values()])) {
      const schema = command.declaration.replySchema;
      if (schema === undefined) {
        expect(command.subcommands.size, command.name).toBeGreaterThan(0);
        continue;
      }
      replyProblem(command.name, null, 2);
      replyProblem(command.name, null, 3);
      const branches = (schema["anyOf"] ?? [schema]) as readonly { readonly description?: string }[];
      for (const branch of branches) expect(branch.description, command.name).toBeTypeOf("string");
    }
  });
});

describe("declaredName", () => {
  it.each([
    [["get", "k"], "GET"],
    [["config", "Get", "*"], "CONFIG|GET"],
    [["nope"], undefined],
  ])("resolves %j when it is a request", (request, name) => {
    expect(declaredName(request)).toBe(name);
  });
});

describe("exerciseRecorder", () => {
  const dir = mkdtempSync(join(tmpdir(), "detent-exercised-"));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("unexercisedCommands() leaves out a command when it was recorded", () => {
    const all = unexercisedCommands(dir);
    expect(all).toContain("CONFIG|GET");
    expect(all).not.toContain("CONFIG");
    const recorder = exerciseRecorder(dir);
    recorder.record("CONFIG|GET");
    recorder.record("CONFIG|GET");
    recorder.record("GET");
    expect(unexercisedCommands(dir).length).toBe(all.length - 2);
    forgetExercised(dir);
    expect(unexercisedCommands(dir)).toEqual(all);
  });
});
