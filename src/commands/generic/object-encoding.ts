/** OBJECT ENCODING key: the name Redis gives to the form in which it would hold such a value; null without the key. */

import type { KeyRecord } from "../../keyspace/records.ts";
import type { Reply } from "../../protocol/reply.ts";
import { encodingName } from "../../values/encoding.ts";
import { decodeHeader } from "../../values/header.ts";
import { isCollection } from "../../values/held.ts";
import { argument, parseInteger } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";

/** A longer string is not embedded in its object. */
const EMBEDDED_BYTES_MAX = 44;

export const objectEncoding = {
  name: "OBJECT|ENCODING",
  run: (call) => {
    const record = lookSilently(call, argument(call.args, 2));
    return record === undefined ? null : encodingOf(call, record);
  },
} as const satisfies Handler;

export function encodingOf(call: Call, record: KeyRecord): Reply {
  if (record.type === "machine") return "raw";
  if (record.type === "stream") return "stream";
  if (isCollection(record)) return encodingName(record.type, decodeHeader(record.payload).encoding);
  if (record.form === "appended") return "raw";
  const value = call.db.stringValue(record);
  if (record.form !== "text" && parseInteger(value) !== undefined) return "int";
  return value.length <= EMBEDDED_BYTES_MAX ? "embstr" : "raw";
}
