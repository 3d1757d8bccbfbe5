/** detent call [COMMAND ARGUMENT ...]: sends commands to a server, for hosts without redis-cli. */
import { createInterface, type Interface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { splitWords } from "../config/words.ts";
import { Conversation } from "../remote/conversation.ts";
import { RemoteError } from "../remote/remote.ts";
import type { TypedReply } from "../remote/reply-reader.ts";
import { formatReply, rawReply } from "../remote/reply-text.ts";
import { SERVER_HELP, SERVER_OPTIONS, urlOption } from "./server.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  type Given,
  type Subcommand,
  type Surroundings,
  UsageError,
} from "./subcommand.ts";

export const call: Subcommand = {
  name: "call",
  summary: "send a command to a server, or those of standard input, as redis-cli does",
  help: `Usage: detent call [--url URL] [-x] [--raw | --no-raw] [COMMAND [ARGUMENT ...]]

Sends a command and prints the reply. Without a command it reads commands from standard input, one a line, quoted as for
redis-cli; in a terminal it asks for them, and 'exit' or Ctrl-D ends it. SUBSCRIBE and MONITOR print what arrives until
Ctrl-C. Options stand before the command.

${SERVER_HELP}
  -x, --stdin      standard input is the last argument of the command
  --no-raw         print types, quotes and numbers of items, as in a terminal
  --raw            print the strings alone, an item a line, as in a pipe

Exit codes: 0 done, 1 an error reply or no connection, 2 wrong arguments.

Examples:
  detent call SM.SEND order:1 PAY '{"amount":100}' ID evt_1
  detent call -x SM.DEF CREATE order < order.json
  detent call --url redis://default:secret@db.example:6379/0 INFO server
  detent call
`,
  options: {
    ...SERVER_OPTIONS,
    stdin: { type: "boolean", short: "x" },
    raw: { type: "boolean" },
    "no-raw": { type: "boolean" },
  },
  optionsFirst: true,
  operands: [0, Number.POSITIVE_INFINITY],
  run: async (operands, given, surroundings) => {
    if (given["raw"] === true && given["no-raw"] === true)
      throw new UsageError("--raw and --no-raw exclude each other");
    const session = new Session(given, surroundings);
    try {
      return operands.length === 0 ? await session.lines() : await session.one(operands);
    } finally {
      session.close();
    }
  },
};

class Session {
  readonly #url: string;
  readonly #readsLast: boolean;
  readonly #isRaw: boolean;
  readonly #surroundings: Surroundings;
  #conversation: Conversation | undefined;

  constructor(given: Given, surroundings: Surroundings) {
    this.#url = urlOption(given);
    this.#readsLast = given["stdin"] === true;
    this.#isRaw = given["raw"] === true || (given["no-raw"] !== true && !surroundings.input.isTerminal);
    this.#surroundings = surroundings;
  }

  close(): void {
    this.#conversation?.close();
  }

  async one(operands: readonly string[]): Promise<number> {
    const words = operands.map((word) => Buffer.from(word));
    if (this.#readsLast) words.push(await buffer(this.#surroundings.input.stream));
    return (await this.#send(words)) ? EXIT_OK : EXIT_FAILED;
  }

  /** A lost connection is a fault of one line: the next one connects again, as a server that starts anew allows. */
  async lines(): Promise<number> {
    if (this.#readsLast) throw new UsageError("-x needs a command");
    await this.#connected();
    const { input, output } = this.#surroundings;
    const reader = createInterface({
      input: input.stream,
      ...(input.isTerminal ? { output: process.stdout, terminal: true } : {}),
    });
    let isFine = true;
    for await (const line of asked(reader, this.#prompt(input.isTerminal))) {
      const split = splitWords(Buffer.from(line).toString("latin1"));
      if (!split.ok) {
        output.note("Unbalanced quotes");
        isFine = false;
        continue;
      }
      const words = split.value.map((word) => Buffer.from(word, "latin1"));
      if (words.length === 0) continue;
      if (/^(?:exit|quit)$/i.test(line.trim())) break;
      isFine = (await this.#tried(words)) && isFine;
    }
    reader.close();
    return isFine || input.isTerminal ? EXIT_OK : EXIT_FAILED;
  }

  #prompt(isTerminal: boolean): string {
    return isTerminal ? `${this.#conversation?.name ?? ""}> ` : "";
  }

  async #tried(words: readonly Buffer[]): Promise<boolean> {
    try {
      return await this.#send(words);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      this.#surroundings.output.note(error.message);
      return false;
    }
  }

  /** Resolves to false for an error reply. */
  async #send(words: readonly Buffer[]): Promise<boolean> {
    const conversation = await this.#connected();
    const reply = await conversation.ask(words);
    if (reply === undefined) {
      if (/^shutdown\b/.test(wordsOf(words))) return true;
      throw new RemoteError(`${conversation.name} has closed the connection`);
    }
    this.#print(words, reply);
    if (reply.kind === "error" || !isFollowed(words)) return reply.kind !== "error";
    this.#surroundings.stopSignal().addEventListener("abort", () => conversation.close());
    for await (const message of conversation.more()) this.#print(words, message);
    return true;
  }

  #print(words: readonly Buffer[], reply: TypedReply): void {
    const isPlain = reply.kind === "string" && isReport(words);
    const text = this.#isRaw || isPlain ? rawReply(reply) : formatReply(reply);
    this.#surroundings.output.print(isPlain ? text.trimEnd() : text);
  }

  async #connected(): Promise<Conversation> {
    if (this.#conversation === undefined || this.#conversation.isClosed)
      this.#conversation = await Conversation.open(this.#url);
    return this.#conversation;
  }
}

/** The lines of standard input; a prompt asks for each. */
async function* asked(reader: Interface, prompt: string): AsyncGenerator<string> {
  reader.setPrompt(prompt);
  reader.on("SIGINT", () => reader.close());
  if (prompt !== "") reader.prompt();
  for await (const line of reader) {
    yield line;
    if (prompt !== "") reader.prompt();
  }
}

function wordsOf(words: readonly Buffer[]): string {
  return words
    .slice(0, 2)
    .map((word) => word.toString("latin1").toLowerCase())
    .join(" ");
}

/** Replies go on to arrive. */
function isFollowed(words: readonly Buffer[]): boolean {
  return /^(?:[ps]?subscribe|monitor)\b/.test(wordsOf(words));
}

/** The reply is text of several lines for a person, which quotes would spoil. */
function isReport(words: readonly Buffer[]): boolean {
  return /^(?:info\b|lolwut\b|client (?:list|info)$|latency (?:doctor|graph)$|memory doctor$)/.test(
    wordsOf(words),
  );
}
