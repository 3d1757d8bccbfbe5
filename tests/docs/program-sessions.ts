/**
 * Sessions with the program, played: a fence `console` holds lines `$ detent …` and what they print, `$ cat FILE` and
 * `$ redis-cli …`. Files are the fences that have a name.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cli } from "../support/cli.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { filesOf } from "./sessions.ts";

const FENCE = /^```console\n([\s\S]*?)^```$/gm;
const URL_SHOWN = "redis://127.0.0.1:6379";
/** Subcommands that ask a server where none is named. */
const ASKING = ["record", "coverage", "adopt"];

/** The page with what its commands print now. @param shown what stands on the page for an address of the test */
export async function playedPrograms(
  page: string,
  shown: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of filesOf(page)) writeFileSync(join(directory, name), text);
  const server = await startTestServer({ clock: new VirtualClock() });
  const url = `redis://127.0.0.1:${server.port}`;
  const client = await server.client();
  const names = new Map([...shown, [URL_SHOWN, url]]);
  const play = async (command: string): Promise<string> => {
    const words = wordsOf(command);
    const [program, ...args] = words;
    if (program === "cat") return readFileSync(join(directory, args[0] ?? ""), "utf8").trimEnd();
    if (program === "redis-cli") {
      const input = args.indexOf("<");
      const request = input === -1 ? args : args.slice(1, input);
      const file = input === -1 ? [] : [readFileSync(join(directory, args[input + 1] ?? ""), "utf8")];
      const reply = await client.call(...request, ...file);
      return Buffer.isBuffer(reply) ? `"${reply.toString()}"` : String(reply);
    }
    const isFile = (word: string) => /^[\w.-]+\.(json|yaml|svg|xml)$/.test(word);
    const placed = args.map((word) => (isFile(word) ? join(directory, word) : (names.get(word) ?? word)));
    const asks = ASKING.includes(args[0] ?? "") && !args.includes("--url");
    const { out, err } = await cli(...placed, ...(asks ? ["--url", url] : []));
    const printed = [out, err].filter((text) => text !== "").join("\n");
    return printed.replaceAll(`${directory}/`, "").replaceAll(url, URL_SHOWN);
  };
  const fences: string[] = [];
  for (const [, text = ""] of page.matchAll(FENCE)) {
    const commands = text.split("\n").filter((line) => line.startsWith("$ "));
    const lines: string[] = [];
    for (const command of commands) {
      const printed = await play(command.slice(2));
      lines.push(command, ...(printed === "" ? [] : [printed]));
    }
    fences.push(lines.join("\n"));
  }
  await server.close();
  let next = 0;
  return page.replaceAll(FENCE, () => `\`\`\`console\n${fences[next++] ?? ""}\n\`\`\``);
}

/** The words of a command line; '…' and "…" hold one together. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
}
