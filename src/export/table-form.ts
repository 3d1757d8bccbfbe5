/** Hashes and sets in an export: lists of their names, with values. */
import {
  bytesOfJson,
  bytesToJson,
  FormFault,
  inPieces,
  listOfJson,
  type ObjectForm,
} from "../keyspace/object-form.ts";
import { Held } from "../values/held.ts";
import { Table } from "../values/table.ts";

const ENCODINGS = ["compact", "integers", "full"] as const;

export const HASH_FORM = tableForm("hash", "fields");
export const SET_FORM = tableForm("set", "members");

/** @param list the field of a part that has the elements: of a hash pairs, of a set names */
function tableForm(type: "hash" | "set", list: string): ObjectForm {
  return {
    name: type,
    *parts(db, key, record) {
      const table = new Table(new Held(db, key, type, record));
      const { encoding } = table;
      let isFirst = true;
      for (const piece of inPieces(table.elements(), ({ name, value }) => name.length + value.length)) {
        const elements = piece.map(({ name, value }) =>
          type === "hash" ? [bytesToJson(name), bytesToJson(value)] : bytesToJson(name),
        );
        yield isFirst ? { encoding, [list]: elements } : { [list]: elements };
        isFirst = false;
      }
    },
    take(db, key, { fields, isFirst, expireAtMs }) {
      const record = isFirst ? undefined : db.find(key);
      const table = new Table(new Held(db, key, type, record, expireAtMs));
      for (const element of listOfJson(fields[list], list)) {
        const [name, value] = type === "hash" ? listOfJson(element, "a field with its value") : [element, ""];
        table.set(bytesOfJson(name, list), bytesOfJson(value, "a value"));
      }
      if (table.count === 0) throw new FormFault(`${list} must not be empty`);
      if (isFirst) table.convert(encodingOf(fields["encoding"]));
      table.save(undefined);
    },
  };
}

function encodingOf(json: unknown): (typeof ENCODINGS)[number] {
  // Without one it is as large ones are; nothing depends on it but OBJECT ENCODING.
  if (json === undefined) return "full";
  const encoding = ENCODINGS.find((one) => one === json);
  if (encoding === undefined) throw new FormFault(`encoding must be one of ${ENCODINGS.join(", ")}`);
  return encoding;
}
