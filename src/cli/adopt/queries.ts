/** What is asked of the database, in SQL. Values are texts; times are milliseconds since the epoch. */
import { quoted } from "../../remote/postgres.ts";
import type { Column, HistoryTable, Source } from "./source.ts";

/** Kinds of rows: as many as a column of states can have, and fewer than any other column has. */
export const KINDS_MAX = 20_000;

/** A number that is greater counts milliseconds, not seconds. */
const SECONDS_MAX = 100_000_000_000;

function asText(column: Column | undefined, alias = ""): string {
  return column === undefined ? "NULL::text" : `${alias}${quoted(column.name)}::text`;
}

function asMs(column: Column, alias = ""): string {
  const name = `${alias}${quoted(column.name)}`;
  if (/^(timestamp|date)/.test(column.type)) return `floor(extract(epoch FROM ${name}) * 1000)::bigint`;
  return `(CASE WHEN ${name} > ${SECONDS_MAX} THEN ${name} ELSE ${name} * 1000 END)::bigint`;
}

/** The columns of entries, under the same names for any table: id, at, tie, s (to), f (from), e, who, why. */
function entries(history: HistoryTable, condition = "true"): string {
  const { table, id, at, to, from, event, by, reason, order } = history;
  const tie = order === undefined ? "NULL::bigint" : quoted(order.name);
  return `SELECT ${asText(id)} AS id, ${asMs(at)} AS at, ${tie} AS tie, ${asText(to)} AS s, ${asText(from)} AS f,
    ${asText(event)} AS e, ${asText(by)} AS who, ${asText(reason)} AS why
    FROM ${table} WHERE ${quoted(to.name)} IS NOT NULL AND ${quoted(at.name)} IS NOT NULL AND ${condition}`;
}

/** Rows: the state before by the entry before (p), from, to, event, whether it is a row's first; how many, two ids. */
export function movesQuery(history: HistoryTable): string {
  return `WITH h AS (${entries(history)}),
    m AS (SELECT id, s, f, e, lag(s) OVER w AS p, row_number() OVER w = 1 AS head FROM h
          WINDOW w AS (PARTITION BY id ORDER BY at, tie))
    SELECT p, f, s, e, head, count(*), min(id), max(id) FROM m GROUP BY p, f, s, e, head
    ORDER BY count(*) DESC, p, f, s, e LIMIT ${KINDS_MAX + 1}`;
}

/** Rows: the state of the column, that of the last entry; how many, two ids. */
export function statusQuery(source: Source): string {
  const { table, id, status, history, where = "true" } = source;
  const own = `SELECT ${asText(id)} AS id, ${asText(status)} AS s FROM ${table} WHERE (${where})`;
  const last =
    history === undefined
      ? "SELECT NULL::text AS id, NULL::text AS s WHERE false"
      : `SELECT DISTINCT ON (id) id, s FROM (${entries(history)}) h ORDER BY id, at DESC, tie DESC`;
  return `SELECT r.s, l.s, count(*), min(r.id), max(r.id) FROM (${own}) r LEFT JOIN (${last}) l ON l.id = r.id
    GROUP BY r.s, l.s ORDER BY count(*) DESC, r.s, l.s LIMIT ${KINDS_MAX + 1}`;
}

/**
 * Rows: id, state, context as JSON, entries as JSON `[[at, to, event, by, reason, tie] …]` oldest first. Those whose ids are
 * $1 where `some` is true.
 */
export function rowsQuery(source: Source, some: boolean): string {
  const { table, id, status, context, history, where = "true" } = source;
  const isOne = (column: Column) =>
    some ? `${quoted(column.name)} = ANY ($1::text[]::${column.type}[])` : "true";
  const columns = context.map(({ name }) => quoted(name)).join(", ");
  const data =
    context.length === 0
      ? "NULL::text"
      : `(SELECT row_to_json(c)::text FROM (SELECT ${context.map(({ name }) => `t.${quoted(name)}`).join(", ")}) c(${columns}))`;
  const past =
    history === undefined
      ? "SELECT NULL::text AS id, NULL::text AS list WHERE false"
      : `SELECT id, json_agg(json_build_array(at, s, e, who, why, tie::text) ORDER BY at, tie)::text AS list
         FROM (${entries(history, isOne(history.id))}) h GROUP BY id`;
  return `SELECT ${asText(id, "t.")}, ${asText(status, "t.")}, ${data}, p.list
    FROM (SELECT * FROM ${table} WHERE (${where}) AND ${isOne(id)}) t LEFT JOIN (${past}) p ON p.id = ${asText(id, "t.")}
    ORDER BY 1`;
}

export function countQuery({ table, where = "true" }: Source): string {
  return `SELECT count(*) FROM ${table} WHERE (${where})`;
}

/** Entries of a time ($1) or later, the oldest first: id, at, tie, to. */
export function laterQuery(history: HistoryTable, limit: number): string {
  return `SELECT id, at, tie::text, s FROM (${entries(history)}) h WHERE at >= $1::bigint ORDER BY at, tie LIMIT ${limit}`;
}

/** When the newest entry was. */
export function newestQuery(history: HistoryTable): string {
  return `SELECT max(at) FROM (${entries(history)}) h`;
}

/** Rows with their states; those that were changed at a time ($1) or later where a column says so. */
export function statesQuery(source: Source, since: boolean): string {
  const { table, id, status, updated, where = "true" } = source;
  const recent = since && updated !== undefined ? `${asMs(updated)} >= $1::bigint` : "true";
  const at = updated === undefined ? "NULL::text" : asMs(updated);
  return `SELECT ${asText(id)}, ${asText(status)}, ${at} FROM ${table} WHERE (${where}) AND ${recent}`;
}
