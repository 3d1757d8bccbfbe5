/**
 * GET /api/v1/changes: the change streams as server-sent events. The id of an event is that of the stream's entry, so a
 * browser that comes back goes on where it was; of several streams it names the place in each.
 *
 * Nothing is read ahead: entries are read from the stream when the client has taken those before, by a session of its own
 * that waits as XREAD BLOCK does. A client that takes nothing costs one piece of text and a session.
 */
import type { Hono } from "hono";
import { globMatcher } from "../base/glob.ts";
import { tagsOf } from "../cluster/tags.ts";
import type { ClusterView } from "../cluster/view.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { denialError } from "../server/permissions.ts";
import { type Access, openSession } from "./access.ts";
import { type Answer, AnswerError, isList, jsonOf, RawJson } from "./answer.ts";
import { type Env, peerOf } from "./app-context.ts";
import { type Feed, type FeedEntry, groupFeed, plainFeed } from "./change-feed.ts";
import { ChangeSummary, followDenial } from "./change-summary.ts";
import { MissingNotice, unserved } from "./elsewhere.ts";
import {
  allDefinitions,
  assertFollowable,
  definitionName,
  definitionOfKey,
  isPattern,
  streamOf,
} from "./followed-definitions.ts";
import { CLOSED, type HttpSession } from "./http-session.ts";
import { partitionFeed } from "./partition-feed.ts";
import { badRequest, Problem } from "./problem.ts";

/** What browsers wait before they come back. */
const RETRY_MS = 2000;

/** Fields of an entry whose text is JSON, and those that are numbers. */
const JSON_FIELDS: ReadonlySet<string> = new Set([
  "from",
  "to",
  "data",
  "context",
  "via",
  "log",
  "output",
  "rev",
  "at",
  "stamp",
]);

export function addChanges(app: Hono<Env>, access: Access): void {
  app.get("/api/v1/changes", async (context) => {
    const request = context.req.raw;
    const session = await openSession(access, request, peerOf(context));
    try {
      const asked = askedOf(new URL(request.url).searchParams, request.headers);
      const events =
        asked.everyMs === undefined
          ? eventStream(session, await feedOf(access.server, session, asked), asked.matches)
          : summaryStream(access.server, session, summaryOf(access.server, session, asked, asked.everyMs));
      return new Response(events, {
        headers: {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
        },
      });
    } catch (error) {
      session.close();
      throw error;
    }
  });
}

interface Asked {
  /** Names of definitions; none: all. */
  readonly definitions: readonly string[];
  readonly matches: (key: string) => boolean;
  readonly key: string | undefined;
  readonly group: { readonly name: string; readonly consumer: string } | undefined;
  /** Where to go on. */
  readonly after: string | undefined;
  /** Given: summaries instead of single changes, with this time between them. */
  readonly everyMs: number | undefined;
}

const PARAMETERS = ["definition", "key", "group", "consumer", "after", "lastEventId", "every", "db", "as"];
/** The shortest and the longest time between two summaries. */
const EVERY_MS = [100, 60_000] as const;

function askedOf(query: URLSearchParams, headers: Headers): Asked {
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name))
      throw badRequest(
        422,
        `there is no parameter '${name.slice(0, 64)}'; there are ${PARAMETERS.join(", ")}`,
      );
  }
  const definitions = query.getAll("definition").map(definitionName);
  const key = query.get("key") ?? undefined;
  const [group, consumer] = [query.get("group"), query.get("consumer")];
  if ((group === null) !== (consumer === null))
    throw badRequest(
      422,
      "'group' and 'consumer' belong together: entries are given to a consumer of a group",
    );
  if (group !== null && definitions.length !== 1)
    throw badRequest(422, "with 'group' exactly one 'definition' is read");
  const everyMs = everyOf(query);
  return {
    definitions,
    key,
    everyMs,
    matches: key === undefined ? () => true : globMatcher(key),
    group: group === null || consumer === null ? undefined : { name: group, consumer },
    after: headers.get("last-event-id") ?? query.get("lastEventId") ?? query.get("after") ?? undefined,
  };
}

function everyOf(query: URLSearchParams): number | undefined {
  const text = query.get("every");
  if (text === null) return undefined;
  for (const name of ["group", "consumer", "after", "lastEventId"])
    if (query.has(name))
      throw badRequest(
        422,
        `'${name}' is for single changes: a summary, as 'every' asks for, has no position`,
      );
  const everyMs = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = EVERY_MS;
  if (everyMs >= least && everyMs <= most) return everyMs;
  throw badRequest(422, `'every' is a number of milliseconds from ${least} to ${most}`);
}

/** What changes from now on, summed up. @throws Problem when the user may not read the changes of a definition that is named */
function summaryOf(
  server: ServerContext,
  session: HttpSession,
  { definitions, key }: Asked,
  everyMs: number,
): ChangeSummary {
  // Where there are several partitions, the stream of one of them stands for all.
  const [tag = ""] = tagsOf(server.cluster?.partitions ?? []);
  for (const name of definitions) {
    const denial = followDenial(server, session.session.user, streamOf(name, tag));
    if (denial !== undefined)
      throw new Problem(new AnswerError(denialError(session.session, denial).message));
  }
  return new ChangeSummary(server, session, {
    ...{ everyMs, definitions, key },
    streamOf: (name) => streamOf(name, tag),
  });
}

async function feedOf(server: ServerContext, session: HttpSession, asked: Asked): Promise<Feed> {
  const { definitions, key, group, after } = asked;
  if (server.cluster !== undefined) return clusterFeed(server, server.cluster, session, asked);
  if (group !== undefined)
    return groupFeed(session, { stream: streamOf(definitions[0] ?? ""), ...group }, after);
  const names = definitions.length > 0 ? definitions : await definitionOfKey(session, key);
  if (names !== undefined) {
    assertFollowable(names);
    return plainFeed(session, async () => names.map((name) => streamOf(name)), after, names.length === 1);
  }
  const all = async () => {
    const found = await allDefinitions(session);
    assertFollowable(found);
    return found.map((name) => streamOf(name));
  };
  return plainFeed(session, all, after, false);
}

async function clusterFeed(
  server: ServerContext,
  cluster: ClusterView,
  session: HttpSession,
  { definitions, key, group, after }: Asked,
): Promise<Feed> {
  const names = definitions.length > 0 ? definitions : await definitionOfKey(session, key);
  return partitionFeed(
    {
      ...{ server, cluster, session, group },
      names: names ?? (() => allDefinitions(session)),
      key: key === undefined || isPattern(key) ? undefined : key,
    },
    after,
  );
}

function eventStream(
  session: HttpSession,
  feed: Feed,
  matches: (key: string) => boolean,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isFirst = true;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        if (isFirst) {
          isFirst = false;
          // The headers leave at once, and a client that goes before the first event knows where it was.
          send(`retry: ${RETRY_MS}\nid: ${feed.place()}\n\n${feed.notice()}`);
          return;
        }
        const batch = await feed.next();
        if (batch instanceof AnswerError) {
          session.close();
          send(problemText(batch));
          controller.close();
          return;
        }
        const text = batchText(batch, feed, matches);
        feed.sent(text.length);
        send(`${text}${feed.notice()}`);
      },
      cancel: () => session.close(),
    },
    { highWaterMark: 0 },
  );
}

function summaryStream(
  server: ServerContext,
  session: HttpSession,
  summary: ChangeSummary,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const missing = new MissingNotice();
  let isFirst = true;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const text = isFirst ? `retry: ${RETRY_MS}\n\n` : await summary.next();
        isFirst = false;
        controller.enqueue(encoder.encode(`${missing.next(unserved(server))}${text ?? problemText(CLOSED)}`));
        if (text === undefined) controller.close();
      },
      cancel: () => session.close(),
    },
    { highWaterMark: 0 },
  );
}

function problemText({ code, detail }: AnswerError): string {
  return `event: problem\ndata: ${JSON.stringify({ code, detail })}\n\n`;
}

function batchText(batch: readonly FeedEntry[], feed: Feed, matches: (key: string) => boolean): string {
  if (batch.length === 0) return ": nothing new\n\n";
  const parts: string[] = [];
  let isPlaceSent = true;
  for (const { place, stream, fields } of batch) {
    const members = membersOf(fields);
    isPlaceSent = matches(String(members.get("key") ?? ""));
    if (!isPlaceSent) continue;
    const kind = members.get("kind") === "emit" ? "emit" : "change";
    const data = jsonOf(new Map<string, Answer>([["stream", stream], ...members]));
    parts.push(`id: ${place}\nevent: ${kind}\ndata: ${data}\n\n`);
  }
  // What was passed over is not read again.
  if (!isPlaceSent) parts.push(`id: ${feed.place()}\n\n`);
  return parts.join("");
}

/** The fields of an entry, a flat list, with what is JSON in them as that. */
function membersOf(fields: Answer): Map<string, Answer> {
  const members = new Map<string, Answer>();
  if (!isList(fields)) return members;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value = null] = [String(fields[at]), fields[at + 1]];
    members.set(name, JSON_FIELDS.has(name) && typeof value === "string" ? new RawJson(value) : value);
  }
  return members;
}
