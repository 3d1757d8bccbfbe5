/**
 * Paths into the context: names with dots between, and brackets for what is no plain name: `lines[0].qty`,
 * `names["a.b"]`, and `stock[event.sku]`, whose key is computed.
 */

/** One part of a path: a key, or the text of an expression that gives one. */
export type PathPart =
  | { readonly kind: "key"; readonly key: string; readonly isIndex: boolean }
  | { readonly kind: "computed"; readonly source: string; readonly start: number };

/** The parts of a path, or what is wrong with it. */
export function parsePath(text: string): readonly PathPart[] | string {
  const parts: PathPart[] = [];
  let at = 0;
  while (at < text.length || parts.length === 0) {
    if (text[at] === "[") {
      const end = closingBracket(text, at);
      if (end === undefined) return "the bracket is not closed";
      parts.push(bracketPart(text.slice(at + 1, end), at + 1));
      at = end + 1;
      if (at < text.length && text[at] !== "." && text[at] !== "[")
        return "after a bracket comes a dot or a bracket";
    } else {
      const name = /^[^.[\]]*/.exec(text.slice(at))?.[0] ?? "";
      if (name === "") return "a path is names with dots between, or keys in brackets";
      parts.push({ kind: "key", key: name, isIndex: false });
      at += name.length;
      if (text[at] === "]") return "there is a bracket that closes none";
    }
    if (text[at] === ".") {
      at += 1;
      if (at === text.length || text[at] === "[")
        return "a path is names with dots between, or keys in brackets";
    }
  }
  const own = parts.find((part) => part.kind === "key" && (part.key === "" || part.key === "__proto__"));
  return own === undefined ? parts : "a key cannot be empty or __proto__";
}

/** The bracket that closes the one at `open`; brackets in quotes do not count. */
function closingBracket(text: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (character === "'" || character === '"') {
      const end = closingQuote(text, at);
      if (end === undefined) return undefined;
      at = end;
    } else if (character === "[") depth += 1;
    else if (character === "]" && --depth === 0) return at;
  }
  return undefined;
}

function closingQuote(text: string, open: number): number | undefined {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[open]) return at;
  }
  return undefined;
}

function bracketPart(source: string, start: number): PathPart {
  const trimmed = source.trim();
  if (/^\d{1,9}$/.test(trimmed)) return { kind: "key", key: String(Number(trimmed)), isIndex: true };
  const quoted = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(trimmed);
  if (quoted !== null) return { kind: "key", key: quoted[1] ?? quoted[2] ?? "", isIndex: false };
  return { kind: "computed", source, start };
}

/** The keys of a path that `pathOf` has made. */
export function keysOfPath(path: string): string[] {
  const keys: string[] = [];
  for (const [, quoted, plain = ""] of path.matchAll(PATH_KEYS))
    keys.push(quoted === undefined ? plain : String(JSON.parse(quoted)));
  return keys;
}

const PATH_KEYS = /\[("(?:[^"\\]|\\.)*")\]|([^.[\]"\\]+)/g;

/** A path as messages and history have it; the same keys always look the same. */
export function pathOf(keys: readonly string[]): string {
  return keys.reduce((path, key) => {
    const isPlain = key !== "" && !/[.[\]"\\]/.test(key);
    if (!isPlain) return `${path}[${JSON.stringify(key)}]`;
    return path === "" ? key : `${path}.${key}`;
  }, "");
}
