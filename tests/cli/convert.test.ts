/** detent convert: the document on standard output, findings on standard error. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/stores.ts";

const LAMP = { initial: "off", states: { off: { on: { ON: "on" } }, on: { on: { OFF: "off" } } } };

function file(name: string, content: unknown): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("detent convert prints the document and ends with 0 when the file's ending or --from names the format", async () => {
  const result = { code: 0, out: JSON.stringify(LAMP, undefined, 2), err: "" };
  expect(await cli("convert", file("lamp.json", LAMP))).toEqual(result);
  expect(await cli("convert", file("lamp", LAMP), "--from", "XState")).toEqual(result);
});

test("detent convert reports what does not translate, prints nothing and ends with 1", async () => {
  const { code, out, err } = await cli(
    "convert",
    file("a.json", { initial: "a", states: { a: { always: { cond: "x" } } } }),
  );
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^error \$\.states\.a\.always\.cond: the guard 'x' is code/);
});

test("detent convert reports faults of the document, prints it nevertheless and ends with 1", async () => {
  const { code, out, err } = await cli(
    "convert",
    file("a.json", { initial: "a", states: { a: { on: { GO: "b" } } } }),
  );
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ initial: "a" });
  expect(err).toMatch(/^error in the document \$\.states\.a\.on\.GO: there is no state 'b'/);
});

test("detent convert refuses unknown formats, files without a known ending, and missing files", async () => {
  expect(await cli("convert", "a.json", "--from", "uml")).toMatchObject({
    code: 2,
    err: expect.stringContaining("there is no format 'uml'"),
  });
  expect(await cli("convert", "lamp")).toMatchObject({
    code: 2,
    err: expect.stringContaining("does not say what language"),
  });
  expect(await cli("convert", "/nowhere/a.json")).toMatchObject({
    code: 1,
    err: expect.stringContaining("cannot read '/nowhere/a.json'"),
  });
});

test("detent convert --to writes each language, and detent convert reads it again", async () => {
  const lamp = file("lamp.json", LAMP);
  for (const [format, ending] of [
    ["scxml", "scxml"],
    ["xstate", "json"],
    ["plantuml", "puml"],
    ["Mermaid", "mmd"],
  ] as const) {
    const { code, out, err } = await cli("convert", lamp, "--to", format);
    expect([format, code, err]).toEqual([format, 0, ""]);
    const again = await cli("convert", file(`lamp.${ending}`, out));
    expect([format, again.code]).toEqual([format, 0]);
    expect(JSON.parse(again.out)).toMatchObject({ states: { off: {}, on: {} } });
  }
  expect((await cli("convert", lamp, "--to", "dot")).out).toMatch(/^digraph/);
  expect(JSON.parse((await cli("convert", lamp, "--to", "json")).out)).toMatchObject({
    transitions: [{}, {}],
  });
  const yaml = file("lamp.yaml", "initial: off\nstates:\n  off: { on: { ON: lit } }\n  lit: {}\n");
  expect((await cli("convert", yaml, "--to", "plantuml")).out).toContain(": ON");
});

test("detent convert --from … --to … translates one language into another", async () => {
  const scxml =
    '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0"><state id="a"><transition event="E" target="b"/></state><final id="b"/></scxml>';
  const { code, out } = await cli("convert", file("gate.scxml", scxml), "--from", "scxml", "--to", "xstate");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    states: { a: { on: { E: { target: "#b" } } }, b: { type: "final" } },
  });
});

test("detent convert --to refuses unknown formats, and documents that are no definition", async () => {
  const lamp = file("lamp.json", LAMP);
  expect(await cli("convert", lamp, "--to", "asl")).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      "there is no format 'asl' to write; there are mermaid, dot, json, plantuml, scxml, xstate",
    ),
  });
  expect(await cli("convert", file("bad.json", { initial: "x", states: {} }), "--to", "dot")).toMatchObject({
    code: 2,
    err: expect.stringContaining("does not compile"),
  });
});
