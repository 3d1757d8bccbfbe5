/**
 * A reader who types the pages in order on one server reads the replies that the pages show. Two pages never use one
 * key or create one definition differently, so that no page disturbs another.
 */
import { describe, expect, test } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { keysOfRequest } from "../../src/catalogue/info.ts";
import { ReplyError } from "../../src/protocol/reply-error.ts";
import { START_MS } from "../support/virtual-clock.ts";
import { allPages, readingOrder, readPage } from "./reading-order.ts";
import { openSession, requestsOf, sessionsWithDirectives } from "./sessions.ts";

/** Streams of the server, which every page may read. */
const SHARED_KEYS: ReadonlySet<string> = new Set(["sm:dead", "sm:refusals"]);

const pages = readingOrder();

test("the reading order has every page", () => {
  expect(allPages().filter((page) => !pages.includes(page))).toEqual([]);
});

test("no key is used on two pages", () => {
  const users = new Map<string, string>();
  const clashes: string[] = [];
  for (const page of pages) {
    for (const key of new Set(requestsOf(readPage(page)).flatMap(keysIn))) {
      const other = users.get(key);
      if (other !== undefined && !SHARED_KEYS.has(key)) clashes.push(`${key}: ${other}, ${page}`);
      users.set(key, page);
    }
  }
  expect(users.size).toBeGreaterThan(100);
  expect(clashes).toEqual([]);
});

/** The keys of a request; none when it is one that the page shows to be refused. */
function keysIn(request: readonly Buffer[]): readonly string[] {
  try {
    return keysOfRequest(CATALOGUE, request).map(({ key }) => String(key));
  } catch (error) {
    if (error instanceof ReplyError) return [];
    throw error;
  }
}

describe("the pages typed in order on one server", () => {
  test("every reply is the one that the page shows", async () => {
    const session = await openSession("");
    const unexpected: string[] = [];
    let requestCount = 0;
    try {
      for (const page of pages) {
        const text = readPage(page);
        session.usePage(text);
        const laterMs = session.nowMs() - START_MS;
        for (const { directives, body } of sessionsWithDirectives(text)) {
          // A page that asks for directives starts a server of its own with them.
          if (directives !== "") continue;
          const shown = shifted(body, laterMs).trimEnd().split("\n");
          const played = (await session.play(shown.join("\n"))).trimEnd().split("\n");
          requestCount += shown.filter((line) => /^[>$] /.test(line)).length;
          if (played.join("\n") !== shown.join("\n")) unexpected.push(difference(page, shown, played));
        }
      }
    } finally {
      await session.close();
    }
    expect(requestCount).toBeGreaterThan(500);
    expect(unexpected).toEqual([]);
  });
});

/** A session as a page shows it, for a server that the page finds later: all times and ids of entries are so much later. */
function shifted(text: string, laterMs: number): string {
  const moved = text.replace(/\b1[67]\d{11}\b/g, (ms) => String(Number(ms) + laterMs));
  return moved.replace(/\b1[67]\d{8}\b/g, (seconds) => String(Number(seconds) + laterMs / 1000));
}

/** The lines around the first one that is not as shown. */
function difference(page: string, shown: readonly string[], played: readonly string[]): string {
  const at = shown.findIndex((line, index) => line !== played[index]);
  const asked = shown.slice(0, Math.max(at, 0)).findLast((line) => /^[>$] /.test(line)) ?? "";
  return `${page}: ${asked}\n  shown:  ${shown.slice(at, at + 3).join(" | ")}\n  played: ${played.slice(at, at + 3).join(" | ")}`;
}
