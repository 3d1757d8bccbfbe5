/** SCXML documents: those of the W3C's suite and of SCION's run here as they are to, and differences are reported. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { type Driver, drive } from "../engine/support/driver.ts";

type Case = {
  readonly name: string;
  readonly xml: string;
  readonly initialConfiguration: readonly string[];
  readonly events: readonly {
    readonly after?: number;
    readonly event?: { readonly name: string; readonly data?: Json };
    readonly nextConfiguration: readonly string[];
  }[];
};

const folder = new URL("../cases/scxml/", import.meta.url);
const read = (name: string): readonly Case[] =>
  readFileSync(new URL(name, folder), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
const excluded = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL("exclusions.json", folder), "utf8")) as Record<string, string[]>,
  ).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);
const scion = read("scion.jsonl");
const w3c = read("w3c.jsonl");

/** Active atomic states by their ids in the document. */
function idsOf({ machine, states }: Driver): readonly string[] {
  return states()
    .map((path) => machine.states.find((state) => state.path === path)?.id ?? path)
    .sort();
}

/** Longer than any test of the suite waits. */
const WAIT_MS = 60_000;

/** True when the machine of a document is where the case says, each time. */
function holds({ name, initialConfiguration, events }: Case, document: Json): boolean {
  const driver = drive(document);
  const isAt = (states: readonly string[]) =>
    JSON.stringify(idsOf(driver)) === JSON.stringify([...states].sort());
  if (name.startsWith("w3c-ecma/")) {
    driver.advance(WAIT_MS);
    return isAt(["pass"]);
  }
  if (!isAt(initialConfiguration)) return false;
  return events.every(({ after, event, nextConfiguration }) => {
    if (after !== undefined) driver.advance(after);
    if (event !== undefined) driver.send(event.name, event.data);
    return isAt(nextConfiguration);
  });
}

describe.each([
  ["the tests of the W3C that the data model allows", w3c],
  ["the tests of SCION", scion],
])("%s", (_what, cases) => {
  test.each(cases.filter(({ name }) => !excluded.has(name)))("$name", (given) => {
    const { document, findings } = translate("SCXML", given.xml);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(document !== undefined && holds(given, document)).toBe(true);
  });

  test.each(cases.filter(({ name }) => excluded.has(name)))(
    "$name is refused, or differs with a warning",
    (given) => {
      const { document, findings } = translate("SCXML", given.xml);
      expect(findings.length).toBeGreaterThan(0);
      expect(document !== undefined && holds(given, document)).toBe(false);
    },
  );
});

test("each exclusion names a case, and has one reason", () => {
  const names = new Set([...scion, ...w3c].map(({ name }) => name));
  expect([...excluded.keys()].filter((name) => !names.has(name))).toEqual([]);
  expect(w3c.filter(({ name }) => !excluded.has(name)).length).toBeGreaterThanOrEqual(87);
  expect(scion.filter(({ name }) => !excluded.has(name)).length).toBeGreaterThanOrEqual(115);
});

const scxml = (inner: string, attributes = "") =>
  `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" ${attributes}>${inner}</scxml>`;

function documentOf(xml: string): Json | undefined {
  const { document, findings } = translate("SCXML", xml);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return document;
}

function findingsOf(xml: string): readonly string[] {
  return translate("SCXML", xml).findings.map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );
}

test("external transitions to the state itself or into it get reenter, internal ones do not", () => {
  const inner = `<state id="a"><transition event="self" target="a"/><transition event="in" target="b"/><transition event="stay" type="internal" target="b"/><transition event="out" target="c"/><state id="b"/></state><state id="c"/>`;
  expect(documentOf(scxml(inner))).toMatchObject({
    initial: "a",
    states: {
      a: {
        on: {
          self: { target: "#a", reenter: true },
          in: { reenter: true },
          stay: { target: "#b" },
          out: { target: "#c" },
        },
      },
    },
  });
});

test("a wider descriptor that comes first is tried first, as in the document", () => {
  const inner = `<state id="a"><transition event="*" cond="false" target="b"/><transition event="x" target="c"/><transition event="*" target="d"/></state><state id="b"/><state id="c"/><state id="d"/>`;
  expect(documentOf(scxml(inner, 'datamodel="ecmascript"'))).toMatchObject({
    states: {
      a: { on: { "*": [{ guard: "false" }, { target: "#d" }], x: [{ guard: "false" }, { target: "#c" }] } },
    },
  });
});

test("names with dots make descriptors prefixes, as all descriptors are in SCXML", () => {
  const inner = (event: string) =>
    `<state id="a"><transition event="pay" target="a"/><onentry><raise event="${event}"/></onentry></state>`;
  expect(documentOf(scxml(inner("sent")))).toMatchObject({ states: { a: { on: { pay: {} } } } });
  expect(documentOf(scxml(inner("pay.late")))).toMatchObject({ states: { a: { on: { "pay.*": {} } } } });
});

test("a construct that behaves differently here gives a warning", () => {
  const together = `<parallel id="p"><transition event="e"><log expr="1"/></transition><state id="a"><transition event="e" target="a"/></state><state id="b"/></parallel>`;
  expect(findingsOf(scxml(together))).toEqual([
    expect.stringMatching(
      /^warning \/scxml\/parallel\[p\]\/transition\[1\] \(line 1\): when a region of 'p' reacts/,
    ),
  ]);
  const across = `<parallel id="p"><onexit><log expr="1"/></onexit><state id="a"><transition event="e" target="b1"/></state><state id="b"><state id="b1"/></state></parallel>`;
  expect(findingsOf(scxml(across))).toEqual([
    expect.stringContaining("in SCXML this leaves and enters 'p' itself"),
  ]);
});

test.each([
  ["no XML", "<scxml", "error line 1: this is not XML"],
  ["another document", "<machine/>", "the outermost element is <scxml"],
  [
    "a document type, and entities with it",
    `<!DOCTYPE scxml [<!ENTITY a "aaaa">]>${scxml('<state id="a"/>')}`,
    "a document type is not read",
  ],
  ["an entity that is not known", scxml("<state id='a'>&boom;</state>"), "this is not XML"],
  [
    "elements that are nested too deeply",
    scxml("<state>".repeat(200) + "</state>".repeat(200)),
    "nested 100 deep",
  ],
  [
    "a data model that is not known",
    scxml('<state id="a"/>', 'datamodel="xpath"'),
    "the data model 'xpath' is not known",
  ],
  [
    "a target that is not there",
    scxml('<state id="a"><transition event="e" target="b"/></state>'),
    "there is no state with the id 'b'",
  ],
  ["an id that is given twice", scxml('<state id="a"/><state id="a"/>'), "the id 'a' is given twice"],
  [
    "an element that is not known",
    scxml('<state id="a"><onentry><beep/></onentry></state>'),
    "<beep> is not executable content",
  ],
  ["a machine without states", scxml(""), "a machine needs states"],
  [
    "a machine inside",
    scxml('<state id="a"><invoke><content><scxml/></content></invoke></state>'),
    "a definition of its own",
  ],
])("refuses %s, with the place and what would be right", (_what, xml, message) => {
  expect(findingsOf(xml).join("\n")).toContain(message);
});

test("an invoke of a definition is a child, and its end an event of that child", () => {
  const inner = `<state id="a"><invoke src="charge:v1" id="pay"><param name="amount" expr="5"/></invoke><transition event="done.invoke.pay" cond="_event.data.ok === true" target="b"/></state><final id="b"/>`;
  expect(documentOf(scxml(inner))).toMatchObject({
    states: {
      a: {
        invoke: { src: "charge:v1", id: "pay", input: { amount: "5" } },
        on: { "done.invoke.pay": { guard: "event.output.ok == true" } },
      },
    },
  });
});
