/** detent adopt --postgres URL */
import { Postgres } from "../../remote/postgres.ts";
import { SERVER_HELP, SERVER_OPTIONS } from "../server.ts";
import { EXIT_FAILED, EXIT_OK, type Subcommand, type Surroundings, UsageError } from "../subcommand.ts";
import { type Asked, readAsked } from "./asked.ts";
import { createMachines, follow } from "./bringing.ts";
import { type Chosen, chosenDefinition, writeDefinition } from "./chosen.ts";
import { allowedMoves, forks, strangers } from "./draft.ts";
import { type Observed, observed } from "./moves.ts";
import { movesQuery, statusQuery } from "./queries.ts";
import { type Judged, number, reportLines, sorted } from "./report.ts";
import { described, findSource } from "./source.ts";
import { watcherOf } from "./watch.ts";

export const adopt: Subcommand = {
  name: "adopt",
  summary: "make a definition, and machines, from a column of states in PostgreSQL",
  help: `Usage: detent adopt --postgres URL --table TABLE [option ...]

Reads a column of states, and the table with its history where there is one; says which moves there are, which are rare
and what does not fit together; and writes a definition with the moves. The database is read only, at one moment.

  --postgres URL       postgres://[user[:password]@]host[:port]/database
  --table TABLE        the table, [schema.]name
  --column COLUMN      its column of states; status unless given
  --id COLUMN          the column that identifies a row; the primary key unless given
  --where SQL          only rows for which this holds
  --context A,B        columns that become data of the machines
  --name VALUE=STATE   the state for a value of the column; may be given several times

The history, a row for each move. Columns that have usual names (old_status, new_status, changed_at ...), or that the
database knows to refer to the table, need not be named.

  --history TABLE      the table
  --history-id, --history-from, --history-to, --history-at, --history-event, --history-by, --history-reason COLUMN

The definition:

  --definition FILE    compare the rows with this one, and write none: moves that it does not have are illegal
  --as NAME[:VERSION]  the name of the definition; that of the table unless given
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

  --watch              then continue, and report moves that are rare, illegal or new as they happen; with --create the
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
    const asked = await readAsked(given);
    const database = await Postgres.connect(asked.postgres);
    try {
      return await adopted(database, asked, surroundings);
    } finally {
      await database.close();
    }
  },
};

async function adopted(database: Postgres, asked: Asked, surroundings: Surroundings): Promise<number> {
  const { given, names } = asked;
  const { output } = surroundings;
  const { seen, chosen, judged, watcher, failed } = await database.atOneMoment(async () => {
    const source = await findSource(database, asked);
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
      given["create"] === true ? await createMachines({ database, source, chosen, asked, output }) : 0;
    return { seen, chosen, judged, watcher, failed };
  });
  const later = watcher === undefined ? 0 : await follow({ watcher, chosen, surroundings, seen, asked });
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
