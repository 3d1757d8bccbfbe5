/** Hashes, sets, lists and sorted sets in an export: lists of what they hold, in their order. */
import {
  bytesOfJson,
  bytesToJson,
  FormFault,
  inPieces,
  listOfJson,
  type ObjectForm,
} from "../keyspace/object-form.ts";
import { ENCODINGS, type Encoding } from "../values/header.ts";
import { Held, type ValueType } from "../values/held.ts";
import { List } from "../values/list.ts";
import { SCORE_BYTES } from "../values/score.ts";
import { SortedSet } from "../values/sorted-set.ts";
import { Table } from "../values/table.ts";

/** What the values of these types have in common. */
interface Collection {
  readonly count: number;
  encoding: Encoding;
  save(event: undefined): void;
}

/** An element as an export has it. */
interface Exported {
  readonly json: unknown;
  /** What it takes as it is. */
  readonly bytes: number;
}

interface CollectionType<T extends Collection> {
  readonly type: ValueType;
  /** What an export calls the type. */
  readonly name: string;
  /** The field of a part that has the elements. */
  readonly list: string;
  open(held: Held): T;
  /** Lazy. */
  elements(value: T): Iterable<Exported>;
  /** Takes an element over. @throws FormFault */
  add(value: T, json: unknown): void;
}

export const HASH_FORM = collectionForm<Table>({
  type: "hash",
  name: "hash",
  list: "fields",
  open: (held) => new Table(held),
  *elements(table) {
    for (const { name, value } of table.elements())
      yield { json: [bytesToJson(name), bytesToJson(value)], bytes: name.length + value.length };
  },
  add(table, json) {
    const [name, value] = listOfJson(json, "a field with its value");
    table.set(bytesOfJson(name, "a field"), bytesOfJson(value, "a value"));
  },
});

export const SET_FORM = collectionForm<Table>({
  type: "set",
  name: "set",
  list: "members",
  open: (held) => new Table(held),
  *elements(table) {
    for (const { name } of table.elements()) yield { json: bytesToJson(name), bytes: name.length };
  },
  add: (table, json) => table.add(bytesOfJson(json, "a member")),
});

export const LIST_FORM = collectionForm<List>({
  type: "list",
  name: "list",
  list: "elements",
  open: (held) => new List(held),
  *elements(list) {
    for (const { entries } of list.runs(0))
      for (const element of entries.entries()) yield { json: bytesToJson(element), bytes: element.length };
  },
  add: (list, json) => list.push("right", bytesOfJson(json, "an element")),
});

export const SORTED_SET_FORM = collectionForm<SortedSet>({
  type: "sortedSet",
  name: "zset",
  list: "members",
  open: (held) => new SortedSet(held),
  *elements(set) {
    for (const { name, score } of set.elements())
      yield { json: [bytesToJson(name), scoreToJson(score)], bytes: name.length + SCORE_BYTES };
  },
  add(set, json) {
    const [name, score] = listOfJson(json, "a member with its score");
    const member = bytesOfJson(name, "a member");
    set.set(member, scoreOfJson(score), set.score(member));
  },
});

function collectionForm<T extends Collection>(collection: CollectionType<T>): ObjectForm {
  const { type, name, list } = collection;
  return {
    name,
    *parts(db, key, record) {
      const value = collection.open(new Held(db, key, type, record));
      const { encoding } = value;
      let isFirst = true;
      for (const piece of inPieces(collection.elements(value), ({ bytes }) => bytes)) {
        const elements = piece.map(({ json }) => json);
        yield isFirst ? { encoding, [list]: elements } : { [list]: elements };
        isFirst = false;
      }
    },
    take(db, key, { fields, isFirst, expireAtMs }) {
      const record = isFirst ? undefined : db.find(key);
      const value = collection.open(new Held(db, key, type, record, expireAtMs));
      for (const element of listOfJson(fields[list], list)) collection.add(value, element);
      if (value.count === 0) throw new FormFault(`${list} must not be empty`);
      if (isFirst) value.encoding = encodingOf(fields["encoding"]);
      value.save(undefined);
    },
  };
}

function encodingOf(json: unknown): Encoding {
  // Without one it is as large ones are; nothing depends on it but OBJECT ENCODING.
  if (json === undefined) return "full";
  const encoding = ENCODINGS.find((one) => one === json);
  if (encoding === undefined) throw new FormFault(`encoding must be one of ${ENCODINGS.join(", ")}`);
  return encoding;
}

/** JSON has no infinite numbers. */
function scoreToJson(score: number): unknown {
  if (Number.isFinite(score)) return score;
  return score > 0 ? "inf" : "-inf";
}

function scoreOfJson(json: unknown): number {
  if (typeof json === "number") return json;
  if (json === "inf") return Number.POSITIVE_INFINITY;
  if (json === "-inf") return Number.NEGATIVE_INFINITY;
  throw new FormFault('a score must be a number, "inf" or "-inf"');
}
