/**
 * The changes of all partitions of a cluster, whichever servers hold them. Each partition has streams of its own; the feed reads them
 * from where the client is in each, here or by a request to the server that holds them, so that nothing is kept anywhere for a
 * client and a partition that goes to another server is read there next. Nothing waits in a read: a feed is woken by the changes of
 * machines, of other servers too, and looks from time to time for what came in another way.
 */
import type { ClusterView } from "../cluster/view.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { ChangeNote } from "../machines/change-notes.ts";
import { type Answer, AnswerError } from "./answer.ts";
import {
  entriesOf,
  type Feed,
  type FeedEntry,
  gapText,
  PieceSize,
  type Run,
  WAIT_MS,
} from "./change-feed.ts";
import { type Elsewhere, isAway, MissingNotice, placeOf } from "./elsewhere.ts";
import { type FeedPart, partsOf, placeAt } from "./feed-part.ts";
import { BEGINNING, placeText } from "./feed-place.ts";
import { CLOSED, type HttpSession } from "./http-session.ts";
import { groupReader, type PartReader, plainReader } from "./part-readers.ts";
import { badRequest, Problem } from "./problem.ts";

export interface PartitionFeedOptions {
  readonly server: ServerContext;
  readonly cluster: ClusterView;
  readonly session: HttpSession;
  /** Names of definitions, empty for map machines: those that are meant, or all there are, which is asked again from time to time. */
  readonly names: readonly string[] | (() => Promise<readonly string[]>);
  /** The one machine that is meant: only its partition is read. */
  readonly key: string | undefined;
  readonly group: { readonly name: string; readonly consumer: string } | undefined;
}

/** How often is looked for new definitions, and for entries of which no note has come. */
const LOOK_MS = 2000;
/** Another server is asked so seldom while there is little to read. */
const REST_MS = 100;
/** When a partition is tried again that could not be read, and when it is said to be missing. */
const AGAIN_MS = 250;
const MISSING_MS = 3000;
/** Streams of one reader: a place has to fit into a header. */
const STREAMS_MAX = 5000;

/** @throws Problem when the place is none */
export async function partitionFeed(options: PartitionFeedOptions, after: string | undefined): Promise<Feed> {
  const feed = new PartitionFeed(options);
  await feed.begin(after);
  return feed;
}

class PartitionFeed implements Feed {
  readonly #options: PartitionFeedOptions;
  readonly #reader: PartReader;
  readonly #missing = new MissingNotice();
  readonly #size = new PieceSize();
  readonly #parts: readonly FeedPart[];
  #names: readonly string[] = [];
  #lookMs = 0;
  /** What has been read and not taken: a piece of a partition at most. */
  #arrived: Array<{ readonly part: FeedPart; readonly found: ReturnType<typeof entriesOf> }> = [];
  #gaps: readonly string[] = [];
  #fault: unknown;
  #wake: () => void = () => undefined;

  constructor(options: PartitionFeedOptions) {
    this.#options = options;
    const { server, session, cluster, group } = options;
    this.#reader = group === undefined ? plainReader : groupReader(group);
    this.#parts = partsOf(cluster, options.key);
    const ends = [
      server.changeNotes.follow(session.session.database, (note, from) => this.#hear(note, from)),
      cluster.onChange(() => this.#expect(this.#parts)),
    ];
    session.onClosed = () => {
      for (const end of ends) end();
      this.#wake();
    };
  }

  async begin(after: string | undefined): Promise<void> {
    await this.#look();
    if (after !== undefined) placeAt(this.#parts, after);
    if (this.#fault === undefined) await Promise.all(this.#beginReads());
    if (this.#fault !== undefined) throw this.#fault;
  }

  place(): string {
    const [name, ...others] = this.#names;
    const [part] = this.#parts;
    // One stream for good: its entries have ids already.
    if (name !== undefined && others.length === 0 && this.#parts.length === 1 && this.#isFixed)
      return part?.positionOf(part.streams[0] ?? "") ?? BEGINNING;
    const segments = this.#parts.flatMap((one) => one.segment(this.#names) ?? []);
    return placeText(this.#names, segments);
  }

  notice(): string {
    const gaps = this.#gaps;
    this.#gaps = [];
    return `${gapText(gaps)}${this.#missing.next(this.#away())}`;
  }

  sent(length: number): void {
    this.#size.sent(length);
  }

  async next(): Promise<readonly FeedEntry[] | AnswerError> {
    const { clock } = this.#options.server;
    const untilMs = clock.now() + WAIT_MS;
    for (;;) {
      if (this.#options.session.isInputEnded) return CLOSED;
      if (clock.now() >= this.#lookMs) await this.#look();
      if (this.#fault instanceof Problem) return this.#fault.error;
      if (this.#fault !== undefined) throw this.#fault;
      this.#beginReads();
      const found = this.#take();
      const hasNotice = this.#gaps.length > 0 || this.#missing.isNews(this.#away());
      if (found.length > 0 || hasNotice || clock.now() >= untilMs) return found;
      await this.#wait(untilMs);
    }
  }

  get #isFixed(): boolean {
    return typeof this.#options.names !== "function";
  }

  /** Machines have changed, here or at another server. */
  #hear({ definitions, isPartial }: ChangeNote, from: string | undefined): void {
    const named = [...definitions.keys()];
    // Of all definitions, that is a new one.
    if (!this.#isFixed && named.some((name) => !this.#names.includes(name))) this.#lookMs = 0;
    else if (!isPartial && !named.some((name) => this.#names.includes(name))) return;
    const owner = from ?? this.#options.cluster.ownId;
    this.#expect(this.#parts.filter((part) => this.#ownerOf(part) === owner));
  }

  #expect(parts: readonly FeedPart[]): void {
    for (const part of parts) part.isDue = true;
    this.#wake();
  }

  /** Looks for streams that are new, and for entries of which no note has come. */
  async #look(): Promise<void> {
    const { names, server } = this.#options;
    this.#lookMs = server.clock.now() + LOOK_MS;
    let all = this.#names;
    try {
      all = typeof names === "function" ? await names() : names;
      if (all.length * this.#parts.length > STREAMS_MAX) throw tooMany(all.length, this.#parts.length);
    } catch (error) {
      // Who knows the definitions cannot be asked at the moment.
      const isTransient = error instanceof Problem && isAway(error.error) && this.#names.length > 0;
      if (!isTransient) this.#fault = error;
    }
    const fresh = all.filter((name) => !this.#names.includes(name));
    this.#names = [...this.#names, ...fresh];
    for (const part of this.#parts) {
      for (const name of fresh) part.add(name);
      this.#reader.look(part);
      part.isDue = true;
    }
  }

  /** Reads what is due and not being read, at each server in one go; resolves when all have answered. */
  #beginReads(): ReadonlyArray<Promise<void>> {
    const nowMs = this.#options.server.clock.now();
    const byOwner = new Map<string, FeedPart[]>();
    for (const part of this.#parts) {
      if (!part.isDue || part.isReading || nowMs < part.restsUntilMs) continue;
      const owner = this.#ownerOf(part);
      if (owner === undefined) part.fail(nowMs, nowMs + AGAIN_MS);
      else byOwner.set(owner, [...(byOwner.get(owner) ?? []), part]);
    }
    return Array.from(byOwner, ([owner, parts]) => this.#readAt(owner, parts));
  }

  /** The server to ask; undefined while nobody serves the partition. */
  #ownerOf({ place }: FeedPart): string | undefined {
    const { server, cluster } = this.#options;
    if (server.partitions.get(place.partition) !== undefined) return cluster.ownId;
    const owner = cluster.ownerOf(place.firstSlot)?.id;
    return owner === cluster.ownId ? undefined : owner;
  }

  async #readAt(owner: string, parts: readonly FeedPart[]): Promise<void> {
    const run: Run = (requests) => this.#options.session.runAt(owner, requests);
    for (const part of parts) {
      part.isReading = true;
      part.isDue = false;
    }
    try {
      const unknown = parts.filter(({ isKnown }) => !isKnown);
      const gaps = unknown.length === 0 ? [] : await this.#reader.prepare(unknown, run);
      this.#gaps = [...this.#gaps, ...gaps];
      const known = parts.filter(({ isKnown }) => isKnown);
      const count = Math.max(1, Math.floor(this.#size.count / this.#parts.length));
      const requests = known.map((part) => this.#reader.request(part, count));
      const answers = requests.length === 0 ? [] : await run(requests);
      for (const [index, part] of known.entries()) this.#arrive(part, answers?.[index], { count, owner });
      const nowMs = this.#options.server.clock.now();
      for (const part of parts) if (!part.isKnown) part.fail(nowMs, nowMs + AGAIN_MS);
    } catch (error) {
      this.#fault = error;
    }
    this.#wake();
  }

  #arrive(part: FeedPart, answer: Answer | undefined, read: Read): void {
    const nowMs = this.#options.server.clock.now();
    if (answer === undefined || isAway(answer)) {
      part.fail(nowMs, nowMs + AGAIN_MS);
      return;
    }
    part.isReading = false;
    if (answer instanceof AnswerError) {
      if (answer.code !== "TOOLARGE" || read.count === 1) throw new Problem(answer);
      this.#size.count = 1;
      part.isDue = true;
      return;
    }
    part.awaySinceMs = undefined;
    part.wasRead = true;
    const found = entriesOf(answer);
    const last = new Map(found.map(({ stream, id }) => [stream, id]));
    if (this.#reader.took(part, last)) part.isDue = true;
    else if (found.length >= read.count) part.isDue = true;
    else if (read.owner !== this.#options.cluster.ownId) part.restsUntilMs = nowMs + REST_MS;
    if (found.length === 0) return;
    part.isReading = true;
    this.#arrived.push({ part, found });
  }

  /** What has arrived; from here on the client has it. */
  #take(): readonly FeedEntry[] {
    const entries: FeedEntry[] = [];
    for (const { part, found } of this.#arrived.splice(0)) {
      part.isReading = false;
      for (const { stream, id, fields } of found) {
        part.move(part.nameOf(stream), id);
        entries.push({ place: this.place(), stream, fields });
      }
    }
    return entries;
  }

  /** The partitions of which the client is to know that nothing is sent. */
  #away(): readonly Elsewhere[] {
    const { server, cluster } = this.#options;
    const sinceMs = server.clock.now() - MISSING_MS;
    return this.#parts.flatMap(({ place, awaySinceMs, wasRead }) =>
      awaySinceMs !== undefined && (!wasRead || awaySinceMs <= sinceMs)
        ? [placeOf({ ...place, owner: cluster.ownerOf(place.firstSlot) })]
        : [],
    );
  }

  /** Until there is something to read, to look for or to take. */
  async #wait(untilMs: number): Promise<void> {
    let nextMs = Math.min(untilMs, this.#lookMs);
    for (const { isDue, isReading, restsUntilMs } of this.#parts)
      if (isDue && !isReading) nextMs = Math.min(nextMs, restsUntilMs);
    await new Promise<void>((resolve) => {
      const cancel = this.#options.server.clock.wakeAt(nextMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

/** What was asked for, and where. */
interface Read {
  readonly count: number;
  readonly owner: string;
}

function tooMany(names: number, partitions: number): Problem {
  return badRequest(
    422,
    `${names} definitions in ${partitions} partitions are too many to follow at once: name some with 'definition'`,
  );
}
