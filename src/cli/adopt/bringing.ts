/** All rows of a database as machines of a server, once or as long as somebody watches. */
import { setTimeout as delay } from "node:timers/promises";
import type { Postgres } from "../../remote/postgres.ts";
import { type Remote, textOf } from "../../remote/remote.ts";
import { withServer } from "../server.ts";
import type { Output, Surroundings } from "../subcommand.ts";
import type { Asked } from "./asked.ts";
import type { Chosen } from "./chosen.ts";
import { allowedMoves } from "./draft.ts";
import { bring, type RowState, rowState, type Target } from "./machines.ts";
import { isRare, type Move, type Observed } from "./moves.ts";
import { countQuery, rowsQuery } from "./queries.ts";
import { number } from "./report.ts";
import type { Source } from "./source.ts";
import type { Step, Watcher } from "./watch.ts";

/** Rows that are read, and machines that are made, at a time. */
const ROWS_AT_ONCE = 100;
/** Failures that are listed one by one. */
const TOLD_MAX = 20;

interface Creating {
  readonly database: Postgres;
  readonly source: Source;
  readonly chosen: Chosen;
  readonly asked: Asked;
  readonly output: Output;
}

/** Makes what is missing, and brings the rest to where the rows are. Resolves to the number of rows that failed. */
export async function createMachines({ database, source, chosen, asked, output }: Creating): Promise<number> {
  return await withServer(asked.given, async (remote) => {
    const target = await targetOn(remote, chosen, asked);
    const [[count = null] = []] = await database.query(countQuery(source));
    const bringer = new Bringer(target, output);
    let done = 0;
    for await (const page of database.pages(rowsQuery(source, false), ROWS_AT_ONCE)) {
      const rows = page.flatMap((row) => rowState(row, asked.names) ?? []);
      await bringer.bring(rows);
      done += page.length;
      output.progress("rows:", done, Number(count));
    }
    output.print(`${target.definition}: ${bringer.summary()}`);
    return bringer.failed;
  });
}

async function targetOn(
  remote: Remote,
  { name, machine, document }: Chosen,
  { key }: Asked,
): Promise<Target> {
  const definition =
    document === undefined
      ? name
      : textOf(await remote.call("SM.DEF", "CREATE", name, JSON.stringify(document)));
  const template = key ?? `${definition.split(":")[0]}:{}`;
  return { remote, definition, machine, keyOf: (id) => template.replace("{}", () => id) };
}

class Bringer {
  readonly #target: Target;
  readonly #output: Output;
  #created = 0;
  #there = 0;
  #moved = 0;
  #forced = 0;
  failed = 0;

  constructor(target: Target, output: Output) {
    this.#target = target;
    this.#output = output;
  }

  get definition(): string {
    return this.#target.definition;
  }

  async bring(rows: readonly RowState[]): Promise<void> {
    const all = await Promise.all(
      rows.map(async (row) => ({ row, brought: await bring(this.#target, row) })),
    );
    for (const { row, brought } of all) {
      if (brought.kind === "created") this.#created += 1;
      if (brought.kind === "there") this.#there += 1;
      if (brought.kind === "moved") {
        this.#moved += 1;
        if (brought.forced.length > 0)
          this.#tell(this.#forced++, `${row.id} was forced: ${brought.forced.join(", ")}`);
      }
      if (brought.kind === "failed") this.#tell(this.failed++, `${row.id} failed: ${brought.reason}`);
    }
  }

  #tell(before: number, line: string): void {
    if (before < TOLD_MAX) this.#output.note(line);
    if (before === TOLD_MAX) this.#output.note("More of this kind are only counted.");
  }

  summary(): string {
    return [
      `${number(this.#created)} machines created`,
      `${number(this.#there)} there already`,
      ...(this.#moved > 0 ? [`${number(this.#moved)} moved`] : []),
      ...(this.#forced > 0 ? [`${number(this.#forced)} of them by force`] : []),
      ...(this.failed > 0 ? [`${number(this.failed)} failed`] : []),
    ].join(", ");
  }
}

interface Following {
  readonly watcher: Watcher;
  readonly chosen: Chosen;
  readonly surroundings: Surroundings;
  readonly seen: Observed;
  readonly asked: Asked;
}

/** Looks until the process is asked to end. Resolves to the number of moves that are illegal or could not be followed. */
export async function follow({ watcher, chosen, surroundings, seen, asked }: Following): Promise<number> {
  const { output } = surroundings;
  const stopped = surroundings.stopSignal();
  const judge = new StepJudge(chosen, seen, asked);
  const watch = async (bringer: Bringer | undefined) => {
    output.note("Watching.");
    while (!stopped.aborted) {
      const { rows, steps, isFull } = await watcher.look();
      for (const step of steps) {
        const line = judge.line(step);
        if (line !== undefined) output.print(line);
      }
      await bringer?.bring(rows);
      // It ends early when the process is asked to end.
      if (!isFull) await delay(asked.everyMs, undefined, { signal: stopped }).catch(() => undefined);
    }
    output.print(judge.summary());
    if (bringer !== undefined) output.print(`${bringer.definition}: ${bringer.summary()}`);
    return judge.illegal + (bringer?.failed ?? 0);
  };
  if (asked.given["create"] !== true) return await watch(undefined);
  return await withServer(asked.given, async (remote) =>
    watch(new Bringer(await targetOn(remote, chosen, asked), output)),
  );
}

/** What a definition and the past say of a move that happens now. */
class StepJudge {
  readonly #allows: (from: string, to: string) => boolean;
  readonly #isGiven: boolean;
  readonly #asked: Asked;
  readonly #moves = new Map<string, Move>();
  readonly #starts: ReadonlyMap<string, number>;
  #count = 0;
  #rare = 0;
  #news = 0;
  illegal = 0;

  constructor({ machine, isGiven }: Chosen, { moves, starts }: Observed, asked: Asked) {
    this.#starts = starts;
    this.#allows = allowedMoves(machine);
    this.#isGiven = isGiven;
    this.#asked = asked;
    for (const move of moves) this.#add(move);
  }

  #add(move: Move): Move {
    const name = `${move.from}\0${move.to}`;
    const known = this.#moves.get(name);
    const sum = known === undefined ? move : { ...known, count: known.count + move.count };
    this.#moves.set(name, sum);
    return sum;
  }

  /** What there is to say of it; nothing of one as usual. */
  line({ id, from, to }: Step): string | undefined {
    if (from === undefined) return undefined;
    this.#count += 1;
    const isNew = !this.#moves.has(`${from}\0${to}`);
    const move = this.#add({ from, to, event: undefined, count: 1, examples: [id] });
    const what = this.#judge(move, isNew);
    return what === undefined ? undefined : `${id}: ${from} -> ${to} ${what}`;
  }

  #judge(move: Move, isNew: boolean): string | undefined {
    if (this.#isGiven && !this.#allows(move.from, move.to)) {
      this.illegal += 1;
      return "is illegal";
    }
    if (isNew) {
      this.#news += 1;
      return "is new";
    }
    const all = { moves: [...this.#moves.values()], starts: this.#starts };
    if (!isRare(move, all, this.#asked.rareness)) return undefined;
    this.#rare += 1;
    return `is rare (${number(move.count)} so far)`;
  }

  summary(): string {
    return `${number(this.#count)} moves: ${number(this.illegal)} illegal, ${number(this.#news)} new, ${number(this.#rare)} rare`;
  }
}
