/** The data of an event as JSON and as what a person types into its fields. */
import { describe, expect, test } from "vitest";
import { memberAt } from "../../src/base/json.ts";
import { dataOf, textOf, typedText, typedValue, withField } from "../../src/console/event-json.ts";

const typing = (text: string, keys: readonly string[], typed: string, type?: "number" | "string") =>
  textOf(withField(dataOf(text) ?? {}, keys, typedValue(typed, type)));

describe("the data of an event", () => {
  test("takes what was typed as a value of its type", () => {
    expect(typing("", ["amount"], "1.50", "number")).toBe('{"amount":1.5}');
    expect(typing("", ["note"], "12", "string")).toBe('{"note":"12"}');
    expect(typing("", ["any"], "12")).toBe('{"any":12}');
    expect(typing("", ["any"], '"12"')).toBe('{"any":"12"}');
    expect(typing("", ["any"], "by hand")).toBe('{"any":"by hand"}');
  });

  test("takes what does not fit its type as a string", () => {
    expect(typing("", ["amount"], "12a", "number")).toBe('{"amount":"12a"}');
    expect(typing("", ["amount"], "true", "number")).toBe('{"amount":"true"}');
  });

  test("keeps the other members, their order and numbers that no double holds", () => {
    const text = '{"id":9007199254740993,"amount":1,"x":[1e400]}';
    expect(typing(text, ["amount"], "2", "number")).toBe('{"id":9007199254740993,"amount":2,"x":[1e400]}');
    expect(typing("", ["id"], "9007199254740993", "number")).toBe('{"id":9007199254740993}');
  });

  test("makes the objects around a field, and removes them with their last member", () => {
    const text = typing("", ["address", "city"], "Bonn", "string");
    expect(text).toBe('{"address":{"city":"Bonn"}}');
    expect(typing(text, ["address", "city"], "", "string")).toBe("");
    expect(typing('{"address":7}', ["address", "city"], "Bonn", "string")).toBe(text);
    expect(typing("", ["__proto__", "x"], "1", "number")).toBe('{"__proto__":{"x":1}}');
  });

  test("is none where the text is no object", () => {
    for (const text of ["{", "5", "[1]", "null", "1e400"]) expect(dataOf(text), text).toBeUndefined();
    expect(dataOf(" ")).toEqual({});
  });

  test("is typed so that it is read as the same value", () => {
    const values = ["12", "true", "null", '"a"', "by hand", 12, true, null, [1], { a: 1 }];
    for (const value of values) expect(typedValue(typedText(value, undefined), undefined)).toEqual(value);
    expect(typedText("12", "string")).toBe("12");
    expect(typedText(memberAt({ a: { b: 1 } }, ["a", "b"]), "number")).toBe("1");
    expect(typedText(undefined, "number")).toBe("");
  });
});
