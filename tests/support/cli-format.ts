/** A reply as redis-cli prints it in a terminal, for the sessions that the documentation shows. */

/** The text of the reply that begins the bytes, without a line end. RESP2. */
export function formatReply(bytes: Buffer): string {
  return format(bytes, 0, "").text;
}

interface Formatted {
  readonly text: string;
  readonly end: number;
}

function format(bytes: Buffer, start: number, indent: string): Formatted {
  const lineEnd = bytes.indexOf("\r\n", start);
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes.toString("latin1", start, start + 1)) {
    case "+":
      return { text: line, end };
    case "-":
      return { text: `(error) ${line}`, end };
    case ":":
      return { text: `(integer) ${line}`, end };
    case "$": {
      const length = Number(line);
      if (length < 0) return { text: "(nil)", end };
      return { text: quoted(bytes.subarray(end, end + length)), end: end + length + 2 };
    }
    case "*":
      return formatArray(bytes, end, { count: Number(line), indent });
    default:
      throw new Error(`no reply of RESP2: ${line}`);
  }
}

function formatArray(
  bytes: Buffer,
  start: number,
  { count, indent }: { readonly count: number; readonly indent: string },
): Formatted {
  if (count < 0) return { text: "(nil)", end: start };
  if (count === 0) return { text: "(empty array)", end: start };
  const width = String(count).length;
  const inner = `${indent}${" ".repeat(width + 2)}`;
  const lines: string[] = [];
  let end = start;
  for (let i = 1; i <= count; i += 1) {
    const item = format(bytes, end, inner);
    lines.push(`${i === 1 ? "" : indent}${String(i).padStart(width)}) ${item.text}`);
    end = item.end;
  }
  return { text: lines.join("\n"), end };
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
