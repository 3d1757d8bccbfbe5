/** Replies as plain objects: a shape says for each property which field of the reply it comes from, and how it is read. */
import { fieldsOf, jsonIn, listOf } from "./connection.ts";

/** Reads one value of a reply; undefined is a field that the reply leaves out. */
export type Reader<Value> = (value: unknown) => Value;

/** How the properties of an object are read: by a reader of the field of the same name, or of another one. */
export type Shape<Whole> = {
  readonly [Name in keyof Whole]-?:
    | Reader<Whole[Name]>
    | { readonly field: string; readonly as: Reader<Whole[Name]> };
};

/** A map reply as a plain object. */
export function objectOf<Whole>(shape: Shape<Whole>): Reader<Whole> {
  const parts = Object.entries(shape as Shape<Record<string, unknown>>).map(([name, reader]) => {
    if (typeof reader === "function") return { name, field: name, as: reader };
    return { name, field: reader.field, as: reader.as };
  });
  return (reply) => {
    const fields = fieldsOf(reply);
    return Object.fromEntries(parts.map(({ name, field, as }) => [name, as(fields.get(field))])) as Whole;
  };
}

/** The same from a field of another name. */
export function from<Value>(field: string, as: Reader<Value>): { field: string; as: Reader<Value> } {
  return { field, as };
}

/** An array, each item read alike; empty where there is none. */
export function arrayOf<Item>(read: Reader<Item>): Reader<readonly Item[]> {
  return (reply) => listOf(reply).map(read);
}

/** The value, or null where the reply is null or leaves it out. */
export function nullOr<Value>(read: Reader<Value>): Reader<Value | null> {
  return (value) => (value === null || value === undefined ? null : read(value));
}

/** A map of names to values alike, as a plain object. */
export function recordOf<Value>(read: Reader<Value>): Reader<{ readonly [name: string]: Value }> {
  return (reply) => Object.fromEntries(Array.from(fieldsOf(reply), ([name, value]) => [name, read(value)]));
}

export const string: Reader<string> = (value) => String(value);
export const number: Reader<number> = (value) => Number(value);
/** 0 or 1. */
export const flag: Reader<boolean> = (value) => Number(value) === 1;
export const strings: Reader<readonly string[]> = arrayOf(string);
/** A JSON text as the type that the caller has declared; null where there is none. */
export const json = jsonIn;

/** One of the words that the server has; it is the server's to keep to them. */
export function word<Word extends string>(): Reader<Word> {
  return (value) => String(value) as Word;
}
