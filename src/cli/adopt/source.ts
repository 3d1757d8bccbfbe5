/** Which columns of a database are read: what the options name, and what the catalogue of the database says of the rest. */
import { type Postgres, quoted } from "../../remote/postgres.ts";
import { type Given, textOption, textOptions, UsageError } from "../subcommand.ts";
import type { Asked } from "./asked.ts";

export interface Column {
  readonly name: string;
  /** As the database writes it, for casts. */
  readonly type: string;
}

export interface HistoryTable {
  /** In SQL. */
  readonly table: string;
  readonly label: string;
  /** The row that an entry is about. */
  readonly id: Column;
  readonly to: Column;
  readonly from: Column | undefined;
  readonly at: Column;
  readonly event: Column | undefined;
  readonly by: Column | undefined;
  readonly reason: Column | undefined;
  /** Its primary key, which orders entries of the same time and names each. */
  readonly order: Column | undefined;
}

/** A table with a column of states, and perhaps one with what has become of it. */
export interface Source {
  readonly table: string;
  readonly label: string;
  readonly id: Column;
  readonly status: Column;
  readonly updated: Column | undefined;
  readonly context: readonly Column[];
  /** A condition in SQL. */
  readonly where: string | undefined;
  readonly history: HistoryTable | undefined;
  /** Values that the type of the column lists. */
  readonly labels: readonly string[];
}

interface Table {
  readonly sql: string;
  readonly label: string;
  readonly oid: string;
  readonly columns: readonly Column[];
  readonly primary: readonly string[];
}

/** @throws UsageError that names the option to give */
export async function findSource(database: Postgres, { given, table: name }: Asked): Promise<Source> {
  const table = await findTable(database, name, "table");
  const status = columnOf(table, textOption(given, "column") ?? "status", "column");
  const historyName = textOption(given, "history");
  const id = idOf(table, given);
  const updated = textOption(given, "updated");
  return {
    table: table.sql,
    label: table.label,
    id,
    status,
    updated: updated === undefined ? undefined : columnOf(table, updated, "updated"),
    context: textOptions(given, "context")
      .flatMap((list) => list.split(","))
      .map((name) => columnOf(table, name.trim(), "context")),
    where: textOption(given, "where"),
    history:
      historyName === undefined
        ? undefined
        : await findHistory(database, given, { table, status, name: historyName }),
    labels: await labelsOf(database, table, status),
  };
}

async function findTable(database: Postgres, name: string, option: string): Promise<Table> {
  const sql = name
    .split(".")
    .map((part) => quoted(part))
    .join(".");
  const [[oid = null] = []] = await database.query("SELECT to_regclass($1)::oid::text", [sql]);
  if (oid === null) throw new UsageError(`the database has no table '${name}' (--${option})`);
  const columns = await database.query(
    `SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
     WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [oid],
  );
  const primary = await database.query(
    `SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = $1::oid AND i.indisprimary`,
    [oid],
  );
  return {
    sql,
    label: name,
    oid,
    columns: columns.map(([column, type]) => ({ name: column ?? "", type: type ?? "text" })),
    primary: primary.map(([column]) => column ?? ""),
  };
}

function columnOf(table: Table, name: string, option: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = table.columns.map((column) => column.name).join(", ");
  throw new UsageError(`'${table.label}' has no column '${name}' (--${option}); it has ${names}`);
}

function idOf(table: Table, given: Given): Column {
  const name = textOption(given, "id");
  if (name !== undefined) return columnOf(table, name, "id");
  const [only] = table.primary;
  if (only !== undefined && table.primary.length === 1) return columnOf(table, only, "id");
  throw new UsageError(
    `'${table.label}' has no primary key of one column: name the column that tells its rows apart, --id COLUMN`,
  );
}

interface HistoryOf {
  readonly table: Table;
  readonly status: Column;
  readonly name: string;
}

async function findHistory(
  database: Postgres,
  given: Given,
  { table, status, name }: HistoryOf,
): Promise<HistoryTable> {
  const history = await findTable(database, name, "history");
  const has = (column: string) => history.columns.some((own) => own.name === column);
  /** What the option names, or the first of the usual names that is there. */
  const named = (option: string, usual: readonly string[]): Column | undefined => {
    const column = textOption(given, option) ?? usual.find(has);
    return column === undefined ? undefined : columnOf(history, column, option);
  };
  const demanded = (option: string, usual: readonly string[], what: string): Column => {
    const column = named(option, usual);
    if (column !== undefined) return column;
    throw new UsageError(`which column of '${name}' ${what}? Say it by --${option} COLUMN`);
  };
  const own = status.name;
  const singular = (table.label.split(".").at(-1) ?? "").replace(/s$/, "");
  const times = history.columns.filter(({ type }) => /^timestamp/.test(type)).map((column) => column.name);
  const [order, ...more] = history.primary;
  return {
    table: history.sql,
    label: name,
    id: demanded(
      "history-id",
      [...(await referring(database, history, table)), `${singular}_id`],
      `names the row of '${table.label}'`,
    ),
    to: demanded(
      "history-to",
      [`new_${own}`, `to_${own}`, `${own}_to`, own, "to_state"],
      "has the new state",
    ),
    from: named("history-from", [
      `old_${own}`,
      `from_${own}`,
      `${own}_from`,
      `previous_${own}`,
      "from_state",
    ]),
    at: demanded(
      "history-at",
      ["changed_at", "at", "occurred_at", "created_at", "timestamp", ...(times.length === 1 ? times : [])],
      "has the time",
    ),
    event: named("history-event", []),
    by: named("history-by", ["changed_by", "by"]),
    reason: named("history-reason", ["reason"]),
    order: order !== undefined && more.length === 0 ? columnOf(history, order, "history") : undefined,
  };
}

/** Columns of a table that are foreign keys to another. */
async function referring(database: Postgres, from: Table, to: Table): Promise<readonly string[]> {
  const rows = await database.query(
    `SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.contype = 'f' AND c.conrelid = $1::oid AND c.confrelid = $2::oid AND cardinality(c.conkey) = 1`,
    [from.oid, to.oid],
  );
  return rows.map(([column]) => column ?? "");
}

async function labelsOf(database: Postgres, table: Table, column: Column): Promise<readonly string[]> {
  const rows = await database.query(
    `SELECT e.enumlabel FROM pg_attribute a JOIN pg_enum e ON e.enumtypid = a.atttypid
     WHERE a.attrelid = $1::oid AND a.attname = $2 ORDER BY e.enumsortorder`,
    [table.oid, column.name],
  );
  return rows.map(([label]) => label ?? "");
}

/** What is read, for the report. */
export function described({ label, id, status, history }: Source): string {
  const rows = `${label}(${id.name}, ${status.name})`;
  if (history === undefined) return rows;
  const columns = [
    history.id,
    history.from,
    history.to,
    history.at,
    history.event,
    history.by,
    history.reason,
  ];
  const names = columns.flatMap((column) => (column === undefined ? [] : [column.name]));
  return `${rows} and ${history.label}(${names.join(", ")})`;
}
