/**
 * What the parser of cel-js lacks of CEL, rewritten in place so that every position stays: fields in backquotes or named
 * like a keyword (`a.in`), numbers that begin with a point (`.5`), the suffix of unsigned numbers (`5u`), and optional
 * entries of lists and maps (`[?a]`, `{?'k': a}`). What was replaced is kept by position.
 *
 * It also finds spellings of other languages, for the message when a text is refused.
 */

/** A text that cel-js parses, and what was replaced in it. */
export type Prepared = {
  readonly text: string;
  /** Names of fields by the place where the placeholder starts. */
  readonly names: ReadonlyMap<number, string>;
  /** Numbers by the place where the placeholder starts. */
  readonly numbers: ReadonlyMap<number, number>;
  /** Optional entries: where the list or map starts, and the number of the entry. */
  readonly optionals: ReadonlyMap<number, ReadonlySet<number>>;
};

const TOKEN = new RegExp(
  [
    "(?:\\s+|//[^\\n]*)",
    "(?:[bBrR]{0,2}(?:\"\"\"(?:\\\\[^]|[^\\\\])*?\"\"\"|'''(?:\\\\[^]|[^\\\\])*?'''|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'))",
    "(?:0[xX][0-9a-fA-F]+[uU]?|\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?[uU]?|\\.\\d+(?:[eE][+-]?\\d+)?)",
    "(?:[A-Za-z_]\\w*)",
    "(?:`[^`\\n]+`)",
    "(?:&&|\\|\\||[=!]==|==|!=|<=|>=|\\?\\?|=>|\\*\\*|<>|\\?\\.|[^])",
  ].join("|"),
  "gy",
);

type Kind = "space" | "text" | "number" | "word" | "quoted" | "sign";
type Token = { readonly kind: Kind; readonly text: string; readonly start: number };

const KEYWORDS: ReadonlySet<string> = new Set(["in", "true", "false", "null"]);

const NOTHING: Prepared = { text: "", names: new Map(), numbers: new Map(), optionals: new Map() };

/** What any text has that needs to be rewritten; few have. */
const TELLTALE = /`|\.\s*(?:in|true|false|null)\b|(?:^|[^\w\s)\]])\s*\.\d|[[{,]\s*\?|[\da-fA-F][uU]/;

/** Rewrites a text for the parser of cel-js. */
export function prepare(source: string): Prepared {
  if (!TELLTALE.test(source)) return { ...NOTHING, text: source };
  const { parts, names, numbers, optionals } = rewrite(source);
  return { text: parts.join(""), names, numbers, optionals };
}

/** What to write instead of something that is no CEL, for a text that was refused. */
export function hintFor(source: string): string | undefined {
  return rewrite(source).hint;
}

function rewrite(source: string): Rewriting {
  const state = new Rewriting(source);
  for (const match of source.matchAll(TOKEN)) state.take(tokenOf(match[0], match.index));
  return state;
}

function tokenOf(text: string, start: number): Token {
  return { kind: kindOf(text), text, start };
}

/** The kind of a token by how it begins. */
function kindOf(text: string): Kind {
  if (/^(?:\s|\/\/)/.test(text)) return "space";
  if (/^\.?\d/.test(text)) return "number";
  if (text.length > 1 && /^[bBrR]{0,2}["']/.test(text)) return "text";
  if (/^[A-Za-z_]/.test(text)) return "word";
  return text.length > 1 && text.startsWith("`") ? "quoted" : "sign";
}

/** An open bracket; `isLiteral` for a list or a map, whose entries are counted. */
type Bracket = { readonly start: number; readonly isLiteral: boolean; entry: number };

class Rewriting {
  readonly parts: string[] = [];
  readonly names = new Map<number, string>();
  readonly numbers = new Map<number, number>();
  readonly optionals = new Map<number, Set<number>>();
  hint: string | undefined;
  readonly #source: string;
  readonly #open: Bracket[] = [];
  /** The last token that is no space. */
  #last: Token | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  take(token: Token): void {
    this.parts.push(this.#rewritten(token));
    if (token.kind === "space") return;
    this.hint ??= foreign(token, this.#last, this.#source);
    this.#last = token;
  }

  #rewritten(token: Token): string {
    const { kind, text, start } = token;
    const isField = this.#last?.text === "." || this.#last?.text === "?.";
    switch (kind) {
      case "word":
        if (!isField || !KEYWORDS.has(text)) return text;
        this.names.set(start, text);
        return "_".repeat(text.length);
      case "quoted":
        if (!isField) return text;
        this.names.set(start, text.slice(1, -1));
        return "_".repeat(text.length);
      case "number":
        if (!text.startsWith(".")) return text.replace(/[uU]$/, " ");
        this.numbers.set(start, Number(text));
        return "_".repeat(text.length);
      case "sign":
        return this.#sign(token);
      default:
        return text;
    }
  }

  #sign({ text, start }: Token): string {
    if (text === "[" || text === "{" || text === "(") {
      this.#open.push({ start, isLiteral: text !== "(" && !this.#endsOperand(), entry: 0 });
    } else if (text === "]" || text === "}" || text === ")") {
      this.#open.pop();
    } else {
      const bracket = this.#open.at(-1);
      if (bracket?.isLiteral !== true) return text;
      const isFirst = this.#last?.start === bracket.start || this.#last?.text === ",";
      if (text === ",") bracket.entry += 1;
      if (text === "?" && isFirst) {
        const entries = this.optionals.get(bracket.start) ?? new Set();
        this.optionals.set(bracket.start, entries.add(bracket.entry));
        return " ";
      }
    }
    return text;
  }

  /** True when a value may have just ended, so that a bracket opens an index. */
  #endsOperand(): boolean {
    const last = this.#last;
    if (last === undefined) return false;
    if (last.kind === "sign") return last.text === "]" || last.text === "}" || last.text === ")";
    return !(last.kind === "word" && last.text === "in");
  }
}

/** Signs and words of other languages, and what CEL has in their place. */
const FOREIGN: Readonly<Record<string, string>> = {
  "===": "write ==",
  "!==": "write !=",
  "<>": "write !=",
  "=": "write == to compare",
  "&": "write &&",
  "|": "write ||",
  "??": "write a.?b.orValue(c) for a default",
  "?.": "write a.?b and say what to take instead: a.?b.orValue(…)",
  "=>": "write list.map(x, …) instead of a function",
  "**": "write math.pow(a, b)",
  "^": "write math.pow(a, b)",
  ";": "an expression has no statements",
  $: "write 'a' + string(b)",
};

const WORDS: ReadonlyMap<string, string> = new Map([
  ["and", "write a && b"],
  ["or", "write a || b"],
  ["not", "write !a"],
  ["is", "write =="],
  ["if", "write condition ? a : b"],
  ["then", "write condition ? a : b"],
  ["else", "write condition ? a : b"],
  ["let", "write cel.bind(x, value, expression)"],
  ["var", "write cel.bind(x, value, expression)"],
  ["const", "write cel.bind(x, value, expression)"],
  ["for", "write list.map(x, …)"],
  ["function", "write list.map(x, …)"],
  ["return", "an expression is its value"],
  ["new", "write timestamp('2026-01-02T03:04:05Z') for a date"],
  ["typeof", "write type(x)"],
  ["undefined", "ask with has(a.b), or write a.?b.orValue(c)"],
  ["None", "write null"],
  ["nil", "write null"],
  ["True", "write true"],
  ["False", "write false"],
]);

function foreign(token: Token, last: Token | undefined, source: string): string | undefined {
  if (token.kind === "sign") {
    if ("'\"`".includes(token.text)) return "a string ends with the quote it began with";
    return Object.hasOwn(FOREIGN, token.text) ? FOREIGN[token.text] : undefined;
  }
  if (token.kind === "quoted")
    return last?.text === "." ? undefined : "write 'text' in single or double quotes";
  if (token.kind !== "word" || last?.text === "." || last?.text === "?") return undefined;
  // `{not: 1}` and the like: a name before a colon or a bracket may be meant as one.
  const after = source.slice(token.start + token.text.length).trimStart()[0];
  return after !== ":" && after !== "." ? WORDS.get(token.text) : undefined;
}
