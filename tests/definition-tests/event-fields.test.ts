/** Which fields of an event's data a definition reads, and of which types they are. */
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { eventFields } from "../../src/definition-tests/event-fields.ts";
import { compile } from "../../src/engine/compile.ts";

/** The fields that a transition on GO reads, by their path: type, and values that it is compared with. */
function fieldsOf(go: Json, context: Json = {}, paid: Json = {}) {
  const compiled = compile({ initial: "new", context, states: { new: { on: { GO: go } }, paid } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  const { machine } = compiled;
  const fields = eventFields(machine, "GO", [0, 1], machine.context);
  return Object.fromEntries(
    fields.map(({ keys, type, choices }) => [
      keys.join("."),
      choices.length === 0 ? type : [type, ...choices],
    ]),
  );
}

const guard = (text: string, context?: Json) => fieldsOf({ target: "paid", guard: text }, context);

describe("the fields of an event", () => {
  test.each([
    ["event.amount >= context.total", { total: 1 }, { amount: "number" }],
    ["event.carrier == context.carrier", { carrier: "post" }, { carrier: "string" }],
    ["context.paid + event.amount >= context.total", { paid: 0, total: 1 }, { amount: "number" }],
    ["event.isGift", {}, { isGift: "boolean" }],
    ["!data.isGift || data.count % 2 == 0", {}, { isGift: "boolean", count: "number" }],
    ["event.method in ['card', 'cash']", {}, { method: ["string", "card", "cash"] }],
    ["event.method == 'card' || event.method == 'cash'", {}, { method: ["string", "card", "cash"] }],
    ["event.address.city.startsWith('B')", {}, { "address.city": "string" }],
    ["event['odd name'] == 1", {}, { "odd name": ["number", 1] }],
    ["event.lines[0].qty > 1 && event.tags.exists(tag, tag == 'x')", {}, { lines: "list", tags: "list" }],
    ["has(event.note)", {}, { note: undefined }],
    ["event.?tries.orValue(0) < 3", {}, { tries: "number" }],
    ["timestamp(event.due) < timestamp(now) && event.at < now", {}, { due: "string", at: "number" }],
    ["event.address != null && event.address.city != ''", {}, { "address.city": "string" }],
    ["event.type == 'GO'", {}, {}],
    ["context.total > 1", { total: 1 }, {}],
  ])("are those of %s", (text, context, fields) => {
    expect(guard(text, context)).toEqual(fields);
  });

  test("have the types of the context that they are assigned to", () => {
    const assign = { paid: "event.amount", name: "event.name", address: "event.address", note: "event.note" };
    const context = { paid: 0, name: "", address: { city: "" }, note: null };
    expect(fieldsOf({ target: "paid", actions: [{ assign }] }, context)).toEqual({
      ...{ amount: "number", name: "string", address: undefined, note: undefined },
    });
  });

  test("are those of all that the event may do: other guards, nested actions, what the target does on entry", () => {
    const go: Json = [
      { target: "paid", guard: { and: ["event.a > 1", { not: "event.b" }] } },
      { target: "paid", actions: [{ choose: [{ guard: "event.c", actions: [{ log: "event.d" }] }] }] },
    ];
    const paid: Json = { entry: [{ task: "ship", input: { to: "event.e.street" } }] };
    expect(fieldsOf(go, {}, paid)).toEqual({
      ...{ a: "number", b: "boolean", c: "boolean", d: undefined, "e.street": undefined },
    });
  });

  test("are none of a transition that reads nothing, or takes the data as a whole", () => {
    expect(fieldsOf("paid")).toEqual({});
    expect(fieldsOf({ target: "paid", actions: [{ assign: { all: "data" } }] })).toEqual({});
  });
});
