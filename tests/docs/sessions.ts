/**
 * The sessions that the documentation shows, played. A fence marked `redis` holds lines that are typed and the replies
 * to them:
 *
 * - `> REQUEST` is typed into redis-cli,
 * - `$ redis-cli -x REQUEST < file` into a shell: the file is the last argument,
 * - `# 72 hours later` lets so much time pass,
 * - whatever stands below one of these is the reply.
 *
 * Words behind `redis` are directives (`redis sm-compat=module`). Fences of a page with the same words share a server,
 * those with others have one of their own. A file is a fence of the page marked with its name (`json door.json`), or one
 * of the repository.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { splitInline } from "../../src/protocol/inline-request.ts";
import { ReplyReader } from "../../src/remote/reply-reader.ts";
import { formatReply } from "../../src/remote/reply-text.ts";
import type { TestClient } from "../support/client.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const ROOT = join(import.meta.dirname, "../..");

const FENCE = /^```redis *(.*)\n([\s\S]*?)^```$/gm;

/** True when a page has a session to play. */
export function hasSessions(page: string): boolean {
  return [...page.matchAll(FENCE)].length > 0;
}

/** The page with every reply replaced by what a new server says; `rehearses`: see the server's StartOptions. */
export async function playedPage(page: string, { rehearses = false } = {}): Promise<string> {
  const sessions = new Map<string, Session>();
  const fences: string[] = [];
  try {
    for (const [, directives = "", text = ""] of page.matchAll(FENCE)) {
      const session = sessions.get(directives) ?? (await openSession(directives, rehearses));
      sessions.set(directives, session);
      session.usePage(page);
      fences.push(await session.play(text));
    }
  } finally {
    for (const session of sessions.values()) await session.close();
  }
  let next = 0;
  return page.replaceAll(FENCE, (whole, _directives: string, text: string) => {
    const played = fences[next] ?? text;
    next += 1;
    return `${whole.slice(0, whole.indexOf("\n"))}\n${played}\`\`\``;
  });
}

/** The texts of the sessions of a page, in order. */
export function sessionsOf(page: string): readonly string[] {
  return sessionsWithDirectives(page).map(({ body }) => body);
}

/** The sessions of a page, in order, each with the directives that its server is started with. */
export function sessionsWithDirectives(
  page: string,
): ReadonlyArray<{ readonly directives: string; readonly body: string }> {
  return [...page.matchAll(FENCE)].map(([, directives = "", body = ""]) => ({ directives, body }));
}

/** What a page types on a server without directives of its own, word by word; a file is its text. */
export function requestsOf(page: string): readonly (readonly Buffer[])[] {
  const files = filesOf(page);
  return sessionsWithDirectives(page)
    .filter(({ directives }) => directives === "")
    .flatMap(({ body }) => body.split("\n").filter((line) => /^[>$] /.test(line)))
    .map((line) => requestOf(line, files));
}

/** The fences of a page that have a file's name. */
export function filesOf(page: string): ReadonlyMap<string, string> {
  const fences = page.matchAll(/^```[a-z]+ (\S+\.\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...fences].map(([, name = "", text = ""]) => [name, text]));
}

export interface Session {
  /** Takes the files of a page, which its lines may name. */
  usePage(page: string): void;
  /** The text of a fence with the replies of the server. */
  play(text: string): Promise<string>;
  /** The server's time. */
  nowMs(): number;
  close(): Promise<void>;
}

/** A server with these directives, and a client of it; `rehearses`: see the server's StartOptions. */
export async function openSession(directives: string, rehearses = false): Promise<Session> {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, rehearses });
  const pairs = directives.split(" ").filter((word) => word !== "");
  const outcome = await server.context.config.set(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  if (!outcome.ok) throw new Error(`no such directives: ${directives}`);
  const client = await server.client();
  let files: ReadonlyMap<string, string> = new Map();
  return {
    usePage: (page) => {
      files = filesOf(page);
    },
    play: (text) => playLines(text, { client, files, later: (ms) => clock.jump(ms) }),
    nowMs: () => clock.now(),
    close: () => server.close(),
  };
}

/** What the lines of a session are played with. */
export interface Stage {
  readonly client: TestClient;
  /** The fences of the page that have a file's name. */
  readonly files: ReadonlyMap<string, string>;
  /** Lets time pass. */
  later(ms: number): void;
}

/** The text of a fence with the replies of the server. */
export async function playLines(text: string, { client, files, later }: Stage): Promise<string> {
  const shown: string[] = [];
  for (const line of text.split("\n")) {
    const time = /^# (\d+) (second|minute|hour|day)s? later$/.exec(line);
    if (time !== null) {
      later(Number(time[1]) * (UNITS_MS[time[2] ?? ""] ?? 0));
      // Why: what falls due happens in a turn, as it does while a reader waits.
      await client.exchange("PING");
      shown.push(line);
    } else if (/^[>$] /.test(line)) {
      shown.push(line, await reply(client, requestOf(line, files)));
    }
  }
  return shown.map((line) => `${line}\n`).join("");
}

const UNITS_MS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** The words of a typed line. @throws Error when the quotes are not balanced or the file is not there */
function requestOf(line: string, files: ReadonlyMap<string, string>): Buffer[] {
  const [, piped, name] = /^\$ redis-cli -x (.*) < (\S+)$/.exec(line) ?? [];
  const words = splitInline(Buffer.from(piped ?? line.slice(2), "utf8"));
  if (words === undefined) throw new Error(`unbalanced quotes: ${line}`);
  if (name === undefined) return words;
  return [...words, Buffer.from(files.get(name) ?? readFileSync(join(ROOT, name), "utf8"))];
}

async function reply(client: TestClient, request: readonly Buffer[]): Promise<string> {
  const reader = new ReplyReader();
  reader.push((await client.exchange(...request)).bytes);
  const reply = reader.next();
  if (reply === undefined) throw new Error("half a reply");
  return formatReply(reply);
}
