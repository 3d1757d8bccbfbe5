/** detent adopt --postgres URL */
import type { JsonObject } from "../../base/json.ts";
import { NO_KEYS } from "../../engine/document-keys.ts";
import { parseDuration } from "../../engine/durations.ts";
import type { Machine } from "../../engine/machine.ts";
import { Postgres } from "../../remote/postgres.ts";
import { compiled, loadDefinition } from "../documents.ts";
import { SERVER_HELP, SERVER_OPTIONS, withServer } from "../server.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  type Given,
  type Output,
  type Subcommand,
  type Surroundings,
  textOption,
  UsageError,
} from "../subcommand.ts";
import { write } from "../test.ts";
import { createMachines, definitionOn, follow } from "./bringing.ts";
import { allowedMoves, draft, forks, strangers } from "./draft.ts";
import { endsOf, initialOf, isRare, type Observed, observed, type Rareness } from "./moves.ts";
import { namesOf } from "./names.ts";
import { movesQuery, statusQuery } from "./queries.ts";
import { type Judged, number, reportLines, sorted } from "./report.ts";
import { described, findSource, type Source } from "./source.ts";
import { watcherOf } from "./watch.ts";

export const adopt: Subcommand = {
  name: "adopt",
  summary: "make a definition, and machines, of a column of states in PostgreSQL",
  help: `Usage: detent adopt --postgres URL --table TABLE [option ...]

Reads a column of states, and the table with its history where there is one; says which moves there are, which are rare
and what does not fit together; and writes a definition with the moves. The database is read only, at one moment.

  --postgres URL       postgres://[user[:password]@]host[:port]/database
  --table TABLE        the table, [schema.]name
  --column COLUMN      its column of states; status unless given
  --id COLUMN          what tells its rows apart; its primary key unless given
  --where SQL          only rows for which this holds
  --context A,B        columns that become data of the machines
  --name VALUE=STATE   what a value of the column is called; may be given several times

The history, a row for each move. Columns that have usual names (old_status, new_status, changed_at ...), or that the
database knows to refer to the table, need not be named.

  --history TABLE      the table
  --history-id, --history-from, --history-to, --history-at, --history-event, --history-by, --history-reason COLUMN

The definition:

  --definition FILE    hold the rows against this one, and write none: moves that it does not have are illegal
  --as NAME[:VERSION]  what the definition is called; the name of the table unless given
  --initial STATE      where machines begin; where most histories do unless given
  --final A,B          states that end a machine; those that no row has left unless given, '' for none
  --rare N|P%          what is seen less often is rare: a number, or a share of the times that
                       rows were in the state that it leads from; 1% unless given
  --without-rare       leave rare moves out of the definition
  --write FILE         where to write the definition

Machines:

  --create             make the definition and a machine for each row, with its history; run again, it makes those that
                       are missing and brings the others to where their rows are
  --key TEMPLATE       their keys, {} stands for the id; NAME:{} unless given
${SERVER_HELP}

  --watch              then go on, and tell of moves that are rare, illegal or new as they happen; with --create the
                       machines follow. Ends at SIGINT or SIGTERM
  --every TIME         how often to look; 2s unless given
  --overlap TIME       how much later than its time an entry may become visible; 60s unless given
  --updated COLUMN     without a history: the column that says when a row was changed, so that not all are read

Exit codes: 0 done; 1 failed, or moves are illegal, or machines could not be made; 2 wrong arguments.

Examples:
  detent adopt --postgres postgres://app@db/shop --table orders --history order_history --write order.json
  detent adopt --postgres postgres://app@db/shop --table orders --history order_history --create --watch
  detent adopt --postgres postgres://app@db/shop --table orders --history order_history --definition order.json
`,
  options: {
    ...SERVER_OPTIONS,
    ...Object.fromEntries(
      [
        ...[
          "postgres",
          "table",
          "column",
          "id",
          "where",
          "definition",
          "as",
          "initial",
          "final",
          "rare",
          "write",
        ],
        ...["key", "every", "overlap", "updated", "history", "history-id", "history-from", "history-to"],
        ...["history-at", "history-event", "history-by", "history-reason"],
      ].map((name) => [name, { type: "string" as const }]),
    ),
    context: { type: "string", multiple: true },
    name: { type: "string", multiple: true },
    "without-rare": { type: "boolean" },
    create: { type: "boolean" },
    watch: { type: "boolean" },
  },
  operands: [0, 0],
  run: async (_operands, given, surroundings) => {
    const url = textOption(given, "postgres");
    if (url === undefined) throw new UsageError("--postgres is missing");
    const asked = readAsked(given);
    const database = await Postgres.connect(url);
    try {
      return await adopted(database, asked, surroundings);
    } finally {
      await database.close();
    }
  },
};

/** What the options say, checked. */
export interface Asked {
  readonly given: Given;
  readonly rareness: Rareness;
  readonly everyMs: number;
  readonly overlapMs: number;
}

function readAsked(given: Given): Asked {
  for (const [option, other] of [
    ["write", "definition"],
    ["without-rare", "definition"],
    ["initial", "definition"],
    ["final", "definition"],
  ] as const)
    if (given[option] !== undefined && given[other] !== undefined)
      throw new UsageError(
        `--${option} says how a definition is made, and --${other} names one that is made`,
      );
  return {
    given,
    rareness: rarenessOf(textOption(given, "rare") ?? "1%"),
    everyMs: timeOf(given, "every", "2s"),
    overlapMs: timeOf(given, "overlap", "60s"),
  };
}

function rarenessOf(text: string): Rareness {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(`--rare takes a number, or a share such as 0.5%, not '${text}'`);
  return percent === "%"
    ? { kind: "share", below: Number(digits) / 100 }
    : { kind: "count", below: Number(digits) };
}

function timeOf(given: Given, option: string, fallback: string): number {
  const text = textOption(given, option) ?? fallback;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new UsageError(`--${option} takes a length of time such as 500ms or 10s, not '${text}'`);
  return ms;
}

/** A definition under its name, and where it is from. */
export interface Chosen {
  readonly name: string;
  readonly machine: Machine;
  /** To be created on a server; undefined where the server has it. */
  readonly document: JsonObject | undefined;
  /** False for one that was made of what was seen. */
  readonly isGiven: boolean;
}

async function adopted(database: Postgres, asked: Asked, surroundings: Surroundings): Promise<number> {
  const { given } = asked;
  const { output } = surroundings;
  const names = namesOf(given);
  const { seen, chosen, judged, watcher, failed } = await database.atOneMoment(async () => {
    const source = await findSource(database, given);
    const seen = observed(
      await database.query(statusQuery(source)),
      source.history === undefined ? [] : await database.query(movesQuery(source.history)),
      { names, labels: source.labels },
    );
    if (seen.states.size === 0)
      throw new UsageError(`'${source.label}' has no rows with a state in ${source.status.name}`);
    const chosen = await chosenDefinition(seen, source, asked);
    const judged = judgedBy(chosen, seen, asked);
    output.print(`${described(source)}: ${number(seen.rows)} rows, ${number(total(seen))} moves`);
    for (const line of reportLines(judged)) output.print(line);
    writeDefinition(chosen, given, output);
    const watcher =
      given["watch"] === true
        ? await watcherOf({ database, source, names, overlapMs: asked.overlapMs })
        : undefined;
    const failed =
      given["create"] === true ? await createMachines({ database, source, names, chosen, given, output }) : 0;
    return { seen, chosen, judged, watcher, failed };
  });
  const later =
    watcher === undefined ? 0 : await follow({ watcher, chosen, given, surroundings, seen, asked });
  const isSound = sorted(judged).illegal.length === 0 && judged.strangers.length === 0;
  return isSound && failed === 0 && later === 0 ? EXIT_OK : EXIT_FAILED;
}

function total({ moves }: Observed): number {
  return moves.reduce((sum, { count }) => sum + count, 0);
}

function judgedBy(chosen: Chosen, seen: Observed, { rareness }: Asked): Judged {
  const { machine, isGiven } = chosen;
  const finals = machine.states.filter(({ kind, parent }) => kind === "final" && parent === 0);
  const first = machine.states[0]?.initial[0];
  return {
    observed: seen,
    rareness,
    allows: isGiven ? allowedMoves(machine) : undefined,
    strangers: strangers(seen, machine),
    initial: (first === undefined ? undefined : machine.states[first]?.path) ?? "",
    ends: finals.map(({ path }) => path),
    forks: isGiven ? [] : forks(seen.moves),
  };
}

/** The definition of a file, that of the server where machines are made and it has one, or one of what was seen. */
async function chosenDefinition(seen: Observed, source: Source, asked: Asked): Promise<Chosen> {
  const { given, rareness } = asked;
  const name = textOption(given, "as") ?? source.label.split(".").at(-1) ?? "";
  const file = textOption(given, "definition");
  if (file !== undefined) {
    const { document, machine } = await loadDefinition(file);
    const own = document.json as JsonObject;
    const ownName = [own["name"], own["version"]].filter((part) => typeof part === "string").join(":");
    return { name: textOption(given, "as") ?? (ownName || name), machine, document: own, isGiven: true };
  }
  if (given["create"] === true) {
    const known = await withServer(given, (remote) => definitionOn(remote, name));
    if (known !== undefined) return { ...known, document: undefined, isGiven: true };
  }
  const document = draftOf(seen, source, { given, rareness, name });
  return { name, machine: compiled(name, { json: document, keys: NO_KEYS }), document, isGiven: false };
}

interface Draft {
  readonly given: Given;
  readonly rareness: Rareness;
  readonly name: string;
}

function draftOf(seen: Observed, source: Source, { given, rareness, name }: Draft): JsonObject {
  const moves =
    given["without-rare"] === true ? seen.moves.filter((move) => !isRare(move, seen, rareness)) : seen.moves;
  const initial = textOption(given, "initial") ?? initialOf(seen) ?? "";
  const final = textOption(given, "final");
  const ends = final?.split(",").filter((state) => state !== "") ?? endsOf({ ...seen, moves }, initial);
  for (const state of [initial, ...ends])
    if (!seen.states.has(state))
      throw new UsageError(`there is no state '${state}'; there are ${[...seen.states.keys()].join(", ")}`);
  const left = moves.find(({ from, to }) => ends.includes(from) && from !== to);
  if (left !== undefined)
    throw new UsageError(
      `'${left.from}' cannot be final: ${number(left.count)} moves lead from it to '${left.to}'`,
    );
  return draft(seen, {
    id: name.split(":")[0] ?? name,
    initial,
    ends,
    context: source.context.map((column) => column.name),
    description: `What ${source.label}.${source.status.name} has done`,
    moves,
  });
}

function writeDefinition({ document, isGiven }: Chosen, given: Given, output: Output): void {
  const file = textOption(given, "write");
  if (file === undefined || isGiven || document === undefined) return;
  write(file, `${JSON.stringify(document, undefined, 2)}\n`);
  output.print(`${file} has the definition`);
}
