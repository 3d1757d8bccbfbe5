/** Replies of RESP2 with their types: redis-parser gives simple strings and bulk strings alike, a person reads them apart. */

export type TypedReply =
  | { readonly kind: "status" | "error" | "integer"; readonly text: string }
  | { readonly kind: "string"; readonly bytes: Buffer }
  | { readonly kind: "null" }
  | { readonly kind: "list"; readonly items: readonly TypedReply[] };

/** The bytes are no reply of RESP2. */
export class ReplyFormatError extends Error {
  override readonly name = "ReplyFormatError";
}

interface OpenList {
  readonly items: TypedReply[];
  readonly count: number;
}

const LINE_END = "\r\n";

/** Takes bytes as they arrive and gives the replies that are complete. Each byte is looked at once or twice. */
export class ReplyReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #at = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = 1;
  /** Lists that are not complete, the innermost last. */
  readonly #open: OpenList[] = [];

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next reply; undefined until it is complete. @throws ReplyFormatError */
  next(): TypedReply | undefined {
    for (;;) {
      const item = this.#item();
      if (item === undefined) return undefined;
      const reply = this.#placed(item);
      if (reply !== undefined) return reply;
    }
  }

  /** Puts an item into the list that waits for it; a reply that no list waits for is returned. */
  #placed(item: TypedReply | OpenList): TypedReply | undefined {
    if ("count" in item && item.count > 0) {
      this.#open.push(item);
      return undefined;
    }
    let reply: TypedReply = "count" in item ? { kind: "list", items: [] } : item;
    for (let list = this.#open.at(-1); list !== undefined; list = this.#open.at(-1)) {
      list.items.push(reply);
      if (list.items.length < list.count) return undefined;
      reply = { kind: "list", items: list.items };
      this.#open.pop();
    }
    return reply;
  }

  /** A reply without items, or the head of a list. */
  #item(): TypedReply | OpenList | undefined {
    if (this.#length < this.#needed) return undefined;
    const bytes = this.#joined();
    const lineEnd = bytes.indexOf(LINE_END, this.#at);
    if (lineEnd < 0) {
      this.#needed = this.#length + 1;
      return undefined;
    }
    const type = bytes.toString("latin1", this.#at, this.#at + 1);
    const text = bytes.toString("utf8", this.#at + 1, lineEnd);
    const end = lineEnd + LINE_END.length;
    if (type === "$" && text !== "-1") return this.#bulk(bytes, end, Number(text));
    this.#consume(end);
    if (type === "+") return { kind: "status", text };
    if (type === "-") return { kind: "error", text };
    if (type === ":") return { kind: "integer", text };
    if ((type === "$" || type === "*") && text === "-1") return { kind: "null" };
    if (type === "*") return { items: [], count: Number(text) };
    throw new ReplyFormatError(`no reply of RESP2 begins with '${type}'`);
  }

  #bulk(bytes: Buffer, start: number, length: number): TypedReply | undefined {
    const end = start + length + LINE_END.length;
    if (bytes.length < end) {
      this.#needed = end;
      return undefined;
    }
    this.#consume(end);
    return { kind: "string", bytes: bytes.subarray(start, start + length) };
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    if (only !== undefined && this.#chunks.length === 1) return only;
    const rest = Buffer.concat(this.#chunks).subarray(this.#at);
    this.#chunks = [rest];
    this.#length = rest.length;
    this.#at = 0;
    return rest;
  }

  #consume(end: number): void {
    this.#at = end;
    this.#needed = end + 1;
  }
}
