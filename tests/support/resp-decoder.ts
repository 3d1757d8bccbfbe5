/**
 * A decoder of replies for tests, RESP2 and RESP3. Slow and obvious on purpose: it tells apart every type the
 * protocol has, which the decoders of client libraries do not.
 */

/** A reply as decoded: maps as Map, sets as Set, simple and bulk strings as text. */
export type Decoded =
  | null
  | number
  | bigint
  | boolean
  | string
  | ReplyFailure
  | Push
  | readonly Decoded[]
  | Map<Decoded, Decoded>
  | Set<Decoded>;

/** An error reply. */
export class ReplyFailure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** An out-of-band push of RESP3. */
export class Push {
  readonly items: readonly Decoded[];
  constructor(items: readonly Decoded[]) {
    this.items = items;
  }
}

export interface Parsed {
  readonly value: Decoded;
  /** Offset of the first byte after the reply. */
  readonly end: number;
}

/** The reply that begins at `start`; undefined when it is not all there. @throws Error when it is no reply */
export function decodeReply(bytes: Buffer, start = 0): Parsed | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (type) {
    case "+":
      return { value: line, end };
    case "-":
      return { value: new ReplyFailure(line), end };
    case ":":
      return { value: Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line), end };
    case "_":
      return { value: null, end };
    case "#":
      return { value: line === "t", end };
    case ",":
      return { value: line === "inf" ? Infinity : line === "-inf" ? -Infinity : Number(line), end };
    case "(":
      return { value: BigInt(line), end };
    case "$":
    case "=":
      return decodeBulk(bytes, end, Number(line), type === "=");
    case "*":
    case "~":
    case ">":
    case "%":
      return decodeAggregate(bytes, end, Number(line), type);
    default:
      throw new Error(
        `no reply begins with ${JSON.stringify(type)}: ${bytes.toString("latin1", start, start + 60)}`,
      );
  }
}

function decodeBulk(bytes: Buffer, start: number, length: number, isVerbatim: boolean): Parsed | undefined {
  if (length < 0) return { value: null, end: start };
  if (bytes.length < start + length + 2) return undefined;
  const text = bytes.toString("utf8", start, start + length);
  return { value: isVerbatim ? text.slice(4) : text, end: start + length + 2 };
}

function decodeAggregate(bytes: Buffer, start: number, count: number, type: string): Parsed | undefined {
  if (count < 0) return { value: null, end: start };
  const items: Decoded[] = [];
  let end = start;
  const total = type === "%" ? count * 2 : count;
  for (let i = 0; i < total; i += 1) {
    const item = decodeReply(bytes, end);
    if (item === undefined) return undefined;
    items.push(item.value);
    end = item.end;
  }
  return { value: aggregate(items, type), end };
}

function aggregate(items: Decoded[], type: string): Decoded {
  if (type === "*") return items;
  if (type === "~") return new Set(items);
  if (type === ">") return new Push(items);
  const map = new Map<Decoded, Decoded>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i] ?? null, items[i + 1] ?? null);
  return map;
}
