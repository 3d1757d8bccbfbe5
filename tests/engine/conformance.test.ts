/** The conformance cases: full configuration, initial one included, in memory and with a write and a read between all steps. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { drive } from "./support/driver.ts";

type Case = {
  readonly name: string;
  readonly definition: Json;
  readonly initialConfiguration: readonly string[] | null;
  readonly events: readonly {
    readonly after?: number;
    readonly event: { readonly type: string; readonly [field: string]: Json } | null;
    readonly nextConfiguration: readonly string[] | null;
  }[];
};

const folder = new URL("../cases/statecharts/", import.meta.url);
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Case);

function keys(states: readonly string[]): readonly string[] {
  return states.map((path) => path.slice(path.lastIndexOf(".") + 1)).sort();
}

function run(given: Case, persist: boolean): void {
  const driver = drive(given.definition, { persist });
  if (given.initialConfiguration !== null)
    expect(keys(driver.states())).toEqual([...given.initialConfiguration].sort());
  for (const { after, event, nextConfiguration } of given.events) {
    if (after !== undefined) driver.advance(after);
    if (event !== null) {
      const { type, ...data } = event;
      driver.send(type, Object.keys(data).length === 0 ? undefined : data);
    }
    if (nextConfiguration !== null) expect(keys(driver.states())).toEqual([...nextConfiguration].sort());
  }
}

describe("conformance cases", () => {
  it("are all there", () => {
    expect(cases).toHaveLength(64);
  });

  for (const given of cases) {
    it(`${given.name} passes`, () => run(given, false));
    it(`${given.name} passes when persisted and compiled again between all steps`, () => run(given, true));
  }
});
