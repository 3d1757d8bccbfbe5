/**
 * The changes of all partitions that a server holds, where its cluster has several: each partition has streams of its own, and
 * one request reads those of one. So nothing waits in a read; the feed is woken by the changes of machines, and looks
 * from time to time for what came in another way. A place names the position in each stream, also in those of partitions that
 * have gone to another server: a client goes on there with it.
 */
import { bytesOfText, textOfBytes } from "../base/bytes.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { changeStream } from "../machines/stream-names.ts";
import { AnswerError } from "./answer.ts";
import {
  acknowledge,
  compareIds,
  entriesOf,
  type Feed,
  type FeedEntry,
  hasGap,
  PieceSize,
  placesOf,
  type StreamState,
  stateOf,
  WAIT_MS,
} from "./change-feed.ts";
import { ElsewhereNotice } from "./elsewhere.ts";
import type { HttpSession } from "./http-session.ts";

export interface PartitionFeedOptions {
  readonly server: ServerContext;
  readonly session: HttpSession;
  /** Names of definitions, empty for map machines; asked again from time to time. */
  readonly names: () => Promise<readonly string[]>;
  /** The one machine that is meant: only its partition is read. */
  readonly key: string | undefined;
  readonly group: { readonly name: string; readonly consumer: string } | undefined;
}

/** How often is looked for new definitions and partitions, and for entries that no machine has written. */
const LOOK_MS = 2000;
/** What is answered for a partition that has just gone: it is named as missing then. */
const GONE = new Set(["MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN", "CROSSSLOT", "UNBLOCKED"]);

/** @throws Problem when the place is none */
export async function partitionFeed(options: PartitionFeedOptions, after: string | undefined): Promise<Feed> {
  const feed = new PartitionFeed(options);
  await feed.begin(after);
  return feed;
}

class PartitionFeed implements Feed {
  readonly gaps: string[] = [];
  readonly #options: PartitionFeedOptions;
  readonly #notice: ElsewhereNotice;
  readonly #size = new PieceSize();
  /** By stream. */
  readonly #places = new Map<string, string>();
  /** Of a group: what the consumer was given before comes again from here; a stream of which all has come again is not in it. */
  readonly #again = new Map<string, string>();
  /** The streams of each partition that is held, by its number. */
  #streams: ReadonlyMap<number, readonly string[]> = new Map();
  readonly #unfollow: () => void;
  #hasNews = true;
  #wake: () => void = () => undefined;

  constructor(options: PartitionFeedOptions) {
    this.#options = options;
    const { server, session } = options;
    this.#notice = new ElsewhereNotice(server);
    this.#unfollow = server.changeNotes.follow(session.session.database, () => {
      this.#hasNews = true;
      this.#wake();
    });
    session.onClosed = () => {
      this.#unfollow();
      this.#wake();
    };
  }

  async begin(after: string | undefined): Promise<void> {
    const { session, group } = this.#options;
    const streams = [...(await this.#look()).values()].flat();
    const given = after === undefined ? undefined : placesOf(after, streams, false);
    // Those of partitions that are elsewhere, too.
    for (const [stream, id] of given ?? []) this.#places.set(stream, id);
    if (group !== undefined) {
      for (const stream of streams) {
        this.#places.set(stream, given?.get(stream) ?? "0-0");
        await acknowledge(session, { stream, ...group }, given?.get(stream) ?? "0-0");
      }
    } else await this.#place(streams, (state) => (given === undefined ? state.lastId : "0-0"));
  }

  place(): string {
    return Array.from(this.#places, ([name, id]) => `${encodeURIComponent(name)}=${id}`).join(",");
  }

  notice(): string {
    return this.#notice.next();
  }

  sent(length: number): void {
    this.#size.sent(length);
  }

  async next(): Promise<readonly FeedEntry[] | AnswerError> {
    const { clock } = this.#options.server;
    const untilMs = clock.now() + WAIT_MS;
    for (;;) {
      if (this.#options.session.isInputEnded) return [];
      this.#hasNews = false;
      const found = await this.#read();
      if (found instanceof AnswerError || found.length > 0) return found;
      const nowMs = clock.now();
      if (nowMs >= untilMs) return [];
      if (!this.#hasNews) await this.#wait(Math.min(untilMs, nowMs + LOOK_MS));
      if (await this.#hasMoved()) return [];
    }
  }

  /** Looks for streams that are new; true when partitions have come or gone, which the client has to know. */
  async #hasMoved(): Promise<boolean> {
    const before = this.#streams;
    const streams = await this.#look();
    for (const [number, names] of streams) {
      const fresh = names.filter((name) => !this.#places.has(name));
      // A stream of a partition that was here already came later: all of it follows. What a partition that comes here
      // now had before was missing.
      if (before.has(number)) for (const name of fresh) this.#places.set(name, "0-0");
      else await this.#place(fresh, ({ lastId }) => lastId);
    }
    return [...streams.keys()].join() !== [...before.keys()].join();
  }

  async #look(): Promise<ReadonlyMap<number, readonly string[]>> {
    const { names } = this.#options;
    const wanted = await names();
    this.#streams = new Map(
      this.#held().map(({ number, place }) => [
        number,
        wanted.map((name) => textOfBytes(changeStream(place, name === "" ? undefined : name))),
      ]),
    );
    return this.#streams;
  }

  #held(): readonly Partition[] {
    const { server, key } = this.#options;
    if (key === undefined) return server.partitions.all;
    const wanted = bytesOfText(key);
    return server.partitions.all.filter(({ place }) => place.holds(wanted));
  }

  /** Sets positions where there are none, and finds those behind which entries may be missing. */
  async #place(streams: readonly string[], begin: (state: StreamState) => string): Promise<void> {
    const found = await this.#options.session.runAll(streams.map((name) => ["XINFO", "STREAM", name]));
    for (const [index, name] of streams.entries()) {
      const answer = found[index];
      // Just gone: it is looked at when it is here again.
      if (answer instanceof AnswerError && GONE.has(answer.code)) continue;
      const state = stateOf(answer);
      const given = this.#places.get(name);
      const from = given ?? begin(state);
      const isBeyond = compareIds(from, state.lastId) > 0;
      this.#places.set(name, isBeyond ? state.lastId : from);
      if (isBeyond || (given !== undefined && hasGap(from, state))) this.gaps.push(name);
    }
  }

  async #read(): Promise<readonly FeedEntry[] | AnswerError> {
    const { session, group } = this.#options;
    const held = [...this.#streams.values()].flatMap((streams) => {
      const placed = streams.filter((stream) => this.#places.has(stream));
      return placed.length === 0 ? [] : [placed];
    });
    const count = String(Math.max(1, Math.floor(this.#size.count / Math.max(1, held.length))));
    const reader = group === undefined ? ["XREAD"] : ["XREADGROUP", "GROUP", group.name, group.consumer];
    const answers = await session.runAll(
      held.map((streams) => [
        ...[...reader, "COUNT", count, "STREAMS", ...streams],
        ...streams.map((stream) => this.#from(stream)),
      ]),
    );
    const entries: FeedEntry[] = [];
    for (const [index, answer] of answers.entries()) {
      if (answer instanceof AnswerError && GONE.has(answer.code)) continue;
      if (answer instanceof AnswerError) return answer;
      const found = entriesOf(answer);
      for (const { stream, id, fields } of found) {
        this.#places.set(stream, id);
        if (group !== undefined && this.#again.get(stream) !== ALL) this.#again.set(stream, id);
        entries.push({ place: this.place(), stream, fields });
      }
      if (group !== undefined) this.#passOn(held[index] ?? [], new Set(found.map(({ stream }) => stream)));
    }
    return entries;
  }

  /** Where a read begins: for a group first what the consumer was given before, then what is new. */
  #from(stream: string): string {
    if (this.#options.group === undefined) return this.#places.get(stream) ?? "0-0";
    const again = this.#again.get(stream) ?? "0-0";
    return again === ALL ? ">" : again;
  }

  /** Of streams that had nothing to give again, what is new is read from now on. */
  #passOn(streams: readonly string[], given: ReadonlySet<string>): void {
    for (const stream of streams) {
      if (given.has(stream) || this.#again.get(stream) === ALL) continue;
      this.#again.set(stream, ALL);
      this.#hasNews = true;
    }
  }

  async #wait(untilMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.server.clock.wakeAt(untilMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

/** All that the consumer was given before has come again. */
const ALL = "all";
