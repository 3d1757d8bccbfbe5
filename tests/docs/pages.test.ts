/**
 * The sessions that the pages of docs/ show: each fence marked `redis` is typed into a server, `> ` before a request, and
 * the replies must be those that the page prints. The fences of a page share a server. Words behind `redis`
 * (`redis sm-compat=module`) are directives; fences with the same words share a server of their own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { splitInline } from "../../src/protocol/inline-request.ts";
import { formatReply } from "../support/cli-format.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DOCS = join(import.meta.dirname, "../../docs");

interface Sessions {
  /** "sm-compat=module" and the like, in the order given. */
  readonly directives: string;
  /** All fences with these directives, one behind the other. */
  readonly text: string;
}

function sessionsOf(page: string): Sessions[] {
  const texts = new Map<string, string>();
  for (const [, directives = "", text = ""] of page.matchAll(/^```redis *(.*)\n([\s\S]*?)^```$/gm)) {
    texts.set(directives, (texts.get(directives) ?? "") + text);
  }
  return [...texts].map(([directives, text]) => ({ directives, text }));
}

/** What a terminal would show for the requests of a session. */
async function played({ directives, text }: Sessions): Promise<string> {
  const server = await startTestServer({ clock: new VirtualClock() });
  onTestFinished(() => server.close());
  const pairs = directives.split(" ").filter((word) => word !== "");
  const outcome = server.context.config.set(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  expect(outcome).toEqual({ ok: true });
  const client = await server.client();
  const shown: string[] = [];
  for (const line of text.split("\n").filter((each) => each.startsWith("> "))) {
    const request = splitInline(Buffer.from(line.slice(2), "utf8"));
    if (request === undefined) throw new Error(`unbalanced quotes: ${line}`);
    shown.push(line, formatReply((await client.exchange(...request)).bytes));
  }
  return `${shown.join("\n")}\n`;
}

const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md"));

describe.each(pages)("%s", (name) => {
  const sessions = sessionsOf(readFileSync(join(DOCS, name), "utf8"));
  test.each(sessions.map((each) => [each.directives, each] as const))("session %j", async (_words, each) => {
    expect(await played(each)).toBe(each.text.replaceAll(/^\n/gm, ""));
  });
  test("has fences that are closed", () => {
    const fences = readFileSync(join(DOCS, name), "utf8").match(/^```/gm) ?? [];
    expect(fences.length % 2).toBe(0);
  });
});
