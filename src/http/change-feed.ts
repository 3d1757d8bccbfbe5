/** Entries of streams one piece after another: of all that follows a place, or of what a consumer group is given. */
import { type Answer, AnswerError, isList, isMap } from "./answer.ts";
import { isAway } from "./elsewhere.ts";
import type { HttpSession } from "./http-session.ts";
import { accepted, badRequest, Problem } from "./problem.ts";

export interface FeedEntry {
  /** Where to go on behind it: the entry's id, or one for each stream. */
  readonly place: string;
  readonly stream: string;
  /** Names and values in turn. */
  readonly fields: Answer;
}

export interface Feed {
  /** Where it is. */
  place(): string;
  /** The next entries; none after a while in which there were none. */
  next(): Promise<readonly FeedEntry[] | AnswerError>;
  /** What the client is to know beside the entries, first before all of them: events `gap` and `missing`, empty where there is nothing. */
  notice(): string;
  /** Told how long the text of a piece was, so that pieces stay small. */
  sent(length: number): void;
}

/** How long a piece waits for an entry: what keeps connections through proxies alive. */
export const WAIT_MS = 15_000;
/** While all definitions are followed, new ones are looked for so often. */
const LOOK_MS = 2_000;
const PIECE_CHARS = 128 * 1024;
const COUNT_FIRST = 16;
const COUNT_MAX = 512;
const PENDING_AT_ONCE = 1000;

/** How many entries the next piece has, from how long the last one was. */
export class PieceSize {
  count = COUNT_FIRST;

  sent(length: number): void {
    if (length > PIECE_CHARS) this.count = Math.max(1, Math.floor(this.count / 4));
    else if (length * 2 < PIECE_CHARS) this.count = Math.min(COUNT_MAX, this.count * 2);
  }
}

/** Says from which streams entries may be missing that were to follow; empty where there are none. */
export function gapText(streams: readonly string[]): string {
  return streams.length === 0
    ? ""
    : `event: gap\ndata: ${JSON.stringify({ streams, detail: "entries between may have been trimmed" })}\n\n`;
}

/** As XREAD has it: what comes from now on. */
const NOW = "$";
const ENTRY_ID = /^\d{1,20}(?:-\d{1,20})?$/;

/**
 * Follows streams from a place on, or from now on.
 * @param streams asked again from time to time
 * @throws Problem when the place is none
 */
export async function plainFeed(
  session: HttpSession,
  streams: () => Promise<readonly string[]>,
  after: string | undefined,
  isSingle: boolean,
): Promise<Feed> {
  const names = await streams();
  const given = after === undefined || after === NOW ? undefined : placesOf(after, names, isSingle);
  const places = new Map<string, string>();
  const gaps: string[] = [];
  const found = await session.runAll(names.map((name) => ["XINFO", "STREAM", name]));
  for (const [index, name] of names.entries()) {
    const state = stateOf(found[index]);
    // A stream that was not known at the place came later: all of it follows.
    const from = given === undefined ? state.lastId : (given.get(name) ?? "0-0");
    const isBeyond = compareIds(from, state.lastId) > 0;
    places.set(name, isBeyond ? state.lastId : from);
    if (isBeyond || (given?.has(name) === true && hasGap(from, state))) gaps.push(name);
  }
  const size = new PieceSize();
  const place = () =>
    isSingle
      ? (places.get(names[0] ?? "") ?? "0-0")
      : Array.from(places, ([name, id]) => `${encodeURIComponent(name)}=${id}`).join(",");
  const addStreams = async (): Promise<AnswerError | undefined> => {
    try {
      for (const name of await streams()) if (!places.has(name)) places.set(name, "0-0");
      return undefined;
    } catch (error) {
      if (error instanceof Problem) return error.error;
      throw error;
    }
  };
  const next = async () => {
    const read = await session.run([
      "XREAD",
      "COUNT",
      String(size.count),
      "BLOCK",
      String(isSingle ? WAIT_MS : LOOK_MS),
      "STREAMS",
      ...places.keys(),
      ...places.values(),
    ]);
    if (read instanceof AnswerError) return read;
    if (!isMap(read) && !isSingle) {
      const refusal = await addStreams();
      if (refusal !== undefined) return refusal;
    }
    return entriesOf(read).map(({ stream, id, fields }) => {
      places.set(stream, id);
      return { place: place(), stream, fields };
    });
  };
  const notice = () => gapText(gaps.splice(0));
  return { notice, place, next, sent: (length) => size.sent(length) };
}

/** A consumer of a group. */
export interface Reader {
  readonly stream: string;
  /** Of the group. */
  readonly name: string;
  readonly consumer: string;
}

/**
 * What a consumer of a group is given. A place acknowledges what the consumer was given up to it; what it was given
 * beyond comes again, then what is new.
 */
export async function groupFeed(
  session: HttpSession,
  reader: Reader,
  after: string | undefined,
): Promise<Feed> {
  const { stream, name, consumer } = reader;
  let latest = after ?? "0-0";
  if (!ENTRY_ID.test(latest)) throw noPlace(latest);
  await acknowledge((requests) => session.runAll(requests), reader, latest);
  // Undefined once all has come again that the consumer was given before.
  let again: string | undefined = "0-0";
  const size = new PieceSize();
  const next = async () => {
    for (;;) {
      const read = await session.run([
        ...["XREADGROUP", "GROUP", name, consumer, "COUNT", String(size.count)],
        ...["BLOCK", String(WAIT_MS), "STREAMS", stream, again ?? ">"],
      ]);
      if (read instanceof AnswerError) return read;
      const entries = entriesOf(read);
      if (again !== undefined && entries.length === 0) {
        again = undefined;
        continue;
      }
      return entries.map(({ id, fields }) => {
        latest = id;
        if (again !== undefined) again = id;
        return { place: id, stream, fields };
      });
    }
  };
  return { notice: () => "", place: () => latest, next, sent: (length) => size.sent(length) };
}

/** Runs requests where a stream is; undefined where no answer comes. */
export type Run = (requests: ReadonlyArray<readonly string[]>) => Promise<readonly Answer[] | undefined>;

/** Acknowledges what a consumer was given up to an entry; false where the stream cannot be reached at the moment. @throws Problem */
export async function acknowledge(run: Run, reader: Reader, upTo: string): Promise<boolean> {
  const { stream, name, consumer } = reader;
  for (;;) {
    const count = String(PENDING_AT_ONCE);
    const [pending] = (await run([["XPENDING", stream, name, "-", upTo, count, consumer]])) ?? [];
    if (pending === undefined || isAway(pending)) return false;
    const known = accepted(pending);
    const ids = isList(known) ? known.flatMap((one) => (isList(one) ? [String(one[0])] : [])) : [];
    if (ids.length === 0) return true;
    const [done] = (await run([["XACK", stream, name, ...ids]])) ?? [];
    if (done === undefined || isAway(done)) return false;
    accepted(done);
  }
}

/** The places of streams in the text of an event's id; those that are not in it are not known. */
export function placesOf(
  text: string,
  names: readonly string[],
  isSingle: boolean,
): ReadonlyMap<string, string> {
  if (text === NOW) return new Map();
  if (isSingle || ENTRY_ID.test(text)) {
    if (!ENTRY_ID.test(text)) throw noPlace(text);
    return new Map(names.map((name) => [name, text]));
  }
  return new Map(
    text.split(",").map((part): [string, string] => {
      const [name = "", id = ""] = part.split("=");
      if (!ENTRY_ID.test(id)) throw noPlace(text);
      return [decodeURIComponent(name), id];
    }),
  );
}

function noPlace(text: string): Problem {
  return badRequest(
    422,
    `'${text.slice(0, 64)}' is not a place in the stream: it is the id of an event, 1700000000000-0`,
  );
}

export interface StreamState {
  readonly lastId: string;
  readonly firstId: string | undefined;
}

export function stateOf(info: Answer | undefined): StreamState {
  if (info instanceof AnswerError && info.code !== "ERR") throw new Problem(info);
  // There is no such stream yet.
  if (!isMap(info)) return { lastId: "0-0", firstId: undefined };
  const first = info.get("first-entry");
  return {
    lastId: String(info.get("last-generated-id") ?? "0-0"),
    firstId: isList(first) ? String(first[0]) : undefined,
  };
}

/** Whether entries behind a place may have been trimmed: it is before the first that is kept. */
export function hasGap(from: string, { firstId, lastId }: StreamState): boolean {
  if (compareIds(from, "0-0") === 0) return false;
  return firstId === undefined ? compareIds(from, lastId) < 0 : compareIds(from, firstId) < 0;
}

export function compareIds(a: string, b: string): number {
  const [aMs = "0", aSeq = "0"] = a.split("-");
  const [bMs = "0", bSeq = "0"] = b.split("-");
  const [x, y] = aMs === bMs ? [BigInt(aSeq), BigInt(bSeq)] : [BigInt(aMs), BigInt(bMs)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The entries of a reply of XREAD, in the order of their ids. */
export function entriesOf(
  read: Answer,
): ReadonlyArray<{ readonly stream: string; readonly id: string; readonly fields: Answer }> {
  if (!isMap(read)) return [];
  const entries = Array.from(read, ([stream, list]) =>
    isList(list)
      ? list.flatMap((entry) =>
          isList(entry) ? [{ stream, id: String(entry[0]), fields: entry[1] ?? null }] : [],
        )
      : [],
  );
  return entries.length === 1 ? (entries[0] ?? []) : entries.flat().sort((a, b) => compareIds(a.id, b.id));
}
