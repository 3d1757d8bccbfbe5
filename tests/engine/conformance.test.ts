/** The conformance cases: full configuration, initial one included, in memory and with a write and a read between all steps. */
import { describe, expect, it } from "vitest";
import { CONFORMANCE_CASES, type ConformanceCase, keysOf } from "../support/conformance-cases.ts";
import { drive } from "./support/driver.ts";

function run(given: ConformanceCase, persist: boolean): void {
  const driver = drive(given.definition, { persist });
  if (given.initialConfiguration !== null)
    expect(keysOf(driver.states())).toEqual([...given.initialConfiguration].sort());
  for (const { after, event, nextConfiguration } of given.events) {
    if (after !== undefined) driver.advance(after);
    if (event !== null) {
      const { type, ...data } = event;
      driver.send(type, Object.keys(data).length === 0 ? undefined : data);
    }
    if (nextConfiguration !== null) expect(keysOf(driver.states())).toEqual([...nextConfiguration].sort());
  }
}

describe("conformance cases", () => {
  it("are all there", () => {
    expect(CONFORMANCE_CASES).toHaveLength(124);
  });

  for (const given of CONFORMANCE_CASES) {
    it(`${given.name} passes`, () => run(given, false));
    it(`${given.name} passes when persisted and compiled again between all steps`, () => run(given, true));
  }
});
