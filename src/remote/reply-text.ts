/** A reply as a person reads it: as redis-cli prints it in a terminal, or raw for a program that reads it. */
import type { TypedReply } from "./reply-reader.ts";

/** With types, quotes and numbers of items; without a line end. */
export function formatReply(reply: TypedReply, indent = ""): string {
  switch (reply.kind) {
    case "status":
      return reply.text;
    case "error":
      return `(error) ${reply.text}`;
    case "integer":
      return `(integer) ${reply.text}`;
    case "null":
      return "(nil)";
    case "string":
      return quoted(reply.bytes);
    case "list":
      return formatList(reply.items, indent);
  }
}

function formatList(items: readonly TypedReply[], indent: string): string {
  if (items.length === 0) return "(empty array)";
  const width = String(items.length).length;
  const inner = `${indent}${" ".repeat(width + 2)}`;
  return items
    .map(
      (item, at) => `${at === 0 ? "" : indent}${String(at + 1).padStart(width)}) ${formatReply(item, inner)}`,
    )
    .join("\n");
}

/** The strings alone, an item a line. */
export function rawReply(reply: TypedReply): string {
  switch (reply.kind) {
    case "null":
      return "";
    case "string":
      return reply.bytes.toString("utf8");
    case "list":
      return reply.items.map(rawReply).join("\n");
    default:
      return reply.text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

function quoted(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const isPlain = byte >= 0x20 && byte < 0x7f;
    text += ESCAPES[character] ?? (isPlain ? character : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return `"${text}"`;
}
