/**
 * GET /api/v1/changes?every=MS: which machines have changed, at most once in so many milliseconds. A page that is open on
 * a busy server takes as much of it as on an idle one. A client that takes nothing costs one summary, which is bounded.
 */
import { type Bytes, bufferOf, bytesOfText } from "../base/bytes.ts";
import { globMatcher } from "../base/glob.ts";
import { findCommand } from "../catalogue/catalogue.ts";
import { type Denial, denialOf } from "../clients/users/check.ts";
import type { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { ChangedMachines, ChangeNote } from "../machines/change-notes.ts";
import { type Answer, answerOf, jsonOf } from "./answer.ts";
import type { HttpSession } from "./http-session.ts";

/** Machines that a summary names at most, and definitions. */
const MACHINES_MAX = 100;
const DEFINITIONS_MAX = 1000;
/** A client hears so often at least, which keeps connections through proxies alive. */
const SILENCE_MS_MAX = 15_000;

export interface SummaryOptions {
  /** The shortest time between two summaries. */
  readonly everyMs: number;
  /** Names of definitions; none: all whose changes the user may read. */
  readonly definitions: readonly string[];
  /** A key or a pattern of keys. */
  readonly key: string | undefined;
  /** The change stream of a definition. */
  readonly streamOf: (definition: string) => string;
}

/** The session of a reader, as far as summaries need it. */
type ReaderSession = Pick<HttpSession, "session" | "isInputEnded" | "onClosed" | "close">;

export class ChangeSummary {
  readonly #server: ServerContext;
  readonly #session: ReaderSession;
  readonly #options: SummaryOptions;
  readonly #chosen: (machines: ChangedMachines) => Iterable<readonly [key: Bytes, count: number]>;
  readonly #unfollow: () => void;
  #counts = new Map<string, number>();
  #machines = new Set<Bytes>();
  #isPartial = false;
  /** No summary is sent before. */
  #nextMs = 0;
  #wake: () => void = () => undefined;

  constructor(server: ServerContext, session: ReaderSession, options: SummaryOptions) {
    this.#server = server;
    this.#session = session;
    this.#options = options;
    this.#chosen = choice(options.key);
    this.#unfollow = server.changeNotes.follow(session.session.database, (note) => this.#add(note));
    session.onClosed = () => this.close();
    // A page that follows changes lists machines next.
    for (const { store } of server.partitions.all) void store.prepareIndexes();
  }

  /** The next text for the client; undefined once the session has ended. */
  async next(): Promise<string | undefined> {
    const { clock } = this.#server;
    const untilMs = clock.now() + SILENCE_MS_MAX;
    for (;;) {
      if (this.#session.isInputEnded) return undefined;
      const nowMs = clock.now();
      if (this.#hasNews && nowMs >= this.#nextMs) {
        this.#nextMs = nowMs + this.#options.everyMs;
        return this.#take();
      }
      if (nowMs >= untilMs) return ": nothing new\n\n";
      await this.#wait(this.#hasNews ? Math.min(untilMs, this.#nextMs) : untilMs);
    }
  }

  close(): void {
    this.#unfollow();
    this.#wake();
  }

  get #hasNews(): boolean {
    return this.#isPartial || this.#counts.size > 0;
  }

  /** Until a time, or until there is something new. */
  async #wait(untilMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#server.clock.wakeAt(untilMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  #add(note: ChangeNote): void {
    const hadNews = this.#hasNews;
    const { definitions, key } = this.#options;
    if (note.isPartial) this.#isPartial = true;
    for (const [name, machines] of note.definitions) {
      if (definitions.length > 0 && !definitions.includes(name)) continue;
      if (!this.#mayRead(name)) {
        // What was asked for by name is refused, as by a read of the stream.
        if (definitions.length > 0) this.#session.close();
        continue;
      }
      let count = 0;
      for (const [machine, times] of this.#chosen(machines)) {
        count += times;
        if (this.#machines.has(machine)) continue;
        if (this.#machines.size < MACHINES_MAX) this.#machines.add(machine);
        else this.#isPartial = true;
      }
      this.#addCount(name, key === undefined ? machines.count : count);
    }
    if (!hadNews && this.#hasNews) this.#wake();
  }

  #addCount(name: string, count: number): void {
    if (count === 0) return;
    const known = this.#counts.get(name);
    if (known === undefined && this.#counts.size === DEFINITIONS_MAX) this.#isPartial = true;
    else this.#counts.set(name, (known ?? 0) + count);
  }

  /** Whether the user may read the changes of a definition: the rights of a user may change at any time. */
  #mayRead(definition: string): boolean {
    const { user } = this.#session.session;
    return (
      user.isUnlimited || followDenial(this.#server, user, this.#options.streamOf(definition)) === undefined
    );
  }

  #take(): string {
    let changes = 0;
    for (const count of this.#counts.values()) changes += count;
    const data = jsonOf(
      new Map<string, Answer>([
        ["changes", changes],
        ["definitions", this.#counts],
        ["machines", Array.from(this.#machines, (key) => answerOf(bufferOf(key)))],
        ["isPartial", this.#isPartial],
      ]),
    );
    this.#counts = new Map();
    this.#machines = new Set();
    this.#isPartial = false;
    return `event: changed\ndata: ${data}\n\n`;
  }
}

/** Why a user may not read a change stream; undefined when it may. */
export function followDenial(
  { catalogue }: Pick<ServerContext, "catalogue">,
  user: User,
  stream: string,
): Denial | undefined {
  const request = ["XREAD", "STREAMS", stream, "$"].map((word) => Buffer.from(word));
  const command = findCommand(catalogue, request);
  return command === undefined
    ? { reason: "command", object: Buffer.from("xread"), position: 0 }
    : denialOf(user, command, request);
}

/** The machines that have a key, or one of a pattern. */
function choice(
  key: string | undefined,
): (machines: ChangedMachines) => Iterable<readonly [key: Bytes, count: number]> {
  if (key === undefined) return ({ keys }) => keys;
  const wanted = bytesOfText(key);
  if (!/[*?[\\]/.test(key)) {
    return ({ keys }) => {
      const count = keys.get(wanted);
      return count === undefined ? [] : [[wanted, count]];
    };
  }
  const matches = globMatcher(wanted);
  return ({ keys }) => Array.from(keys).filter(([machine]) => matches(machine));
}
