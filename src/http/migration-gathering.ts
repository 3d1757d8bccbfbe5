/** Migrations of a cluster, each of which is one in every partition: what all of them say, as one. Numbers are sums. */
import { type Answer, AnswerError, isList, isMap } from "./answer.ts";
import { isAway, placeOf } from "./elsewhere.ts";
import { type Gathered, whole } from "./gathered.ts";
import { askEach } from "./gathering.ts";
import type { HttpSession } from "./http-session.ts";
import type { Arguments } from "./operation.ts";

type Row = ReadonlyMap<string, Answer>;
/** How a field of two rows becomes one; a field without a rule is that of the first. */
type Rule = (a: Answer, b: Answer) => Answer;
type Rules = Readonly<Record<string, Rule>>;

/** What it is doing is what any of them is still doing, the first of these; as a server has it for its own partitions. */
const ORDER: readonly Answer[] = ["PAUSED", "RUNNING", "UNDOING", "DONE", "UNDONE", "PLANNED"];
/** Of machines that were left, unless asked for otherwise. */
const EXAMPLES = 10;

/** Of a look: places where machines part, and examples. */
const SHOWN = 20;

const sum: Rule = (a, b) => Number(a) + Number(b);
const least: Rule = (a, b) => Math.min(Number(a), Number(b));
const most: Rule = (a, b) => Math.max(Number(a), Number(b));
/** Unknown where it is unknown in one of them. */
const unlessNull =
  (rule: Rule): Rule =>
  (a, b) =>
    a === null || b === null ? null : rule(a, b);
const both: Rule = (a, b) => [...listOf(a), ...listOf(b)];
const first: Rule = (a, b) => (ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b);
const sums: Rule = (a, b) => {
  const [left, right] = [mapOf(a), mapOf(b)];
  return new Map([...left, ...right].map(([name]) => [name, sum(left.get(name) ?? 0, right.get(name) ?? 0)]));
};

const STATUS: Rules = {
  status: first,
  ...{ moved: sum, held: sum, undone: sum, stayed: sum, left: unlessNull(sum) },
  out: sums,
  ...{ started: least, updated: most, ended: unlessNull(most) },
  examples: both,
};
const ENTRY: Rules = { status: first, at: least };
/** What a look is, likewise. */
const LOOKS: readonly Answer[] = ["running", "paused", "failed", "done", "stopped"];
const WHATIF: Rules = {
  status: (a, b) => LOOKS[Math.min(LOOKS.indexOf(a), LOOKS.indexOf(b))] ?? a,
  ...{ looked: sum, events: sum, same: sum, meanwhile: sum, elsewhere: sum, machines: unlessNull(sum) },
  differences: sums,
  first: (a, b) => counted([...listOf(a), ...listOf(b)], ["state", "event", "difference"]).slice(0, SHOWN),
  examples: (a, b) => [...listOf(a), ...listOf(b)].slice(0, SHOWN),
};
/** Kinds of a plan, and examples, as one server lists them at most. */
const PLAN_ROWS = 1000;
const PLAN_EXAMPLES = 100;
const PLAN: Rules = {
  ...{ machines: sum, dropped: sums, reopened: sum },
  states: (a, b) => counted([...listOf(a), ...listOf(b)], ["state", "to"]).slice(0, PLAN_ROWS),
  strays: (a, b) => counted([...listOf(a), ...listOf(b)], ["state", "cause", "message"]).slice(0, PLAN_ROWS),
  // Those that do not fit first.
  examples: (a, b) =>
    [...listOf(a), ...listOf(b)].sort((x, y) => Number(fits(x)) - Number(fits(y))).slice(0, PLAN_EXAMPLES),
};
const fits = (example: Answer): boolean => mapOf(example).get("to") !== null;
const UNDO: Rules = { machines: sum, out: sums };

/** @param request `SM.MIGRATION STATUS id [COUNT n]` */
export async function gatherStatus(request: Arguments, session: HttpSession): Promise<Gathered> {
  if (session.partitions.length === 0) return whole(await session.run(request));
  const { answer, missing } = summed(await askEach(request, session), STATUS);
  if (!isMap(answer)) return { answer, missing };
  const count = request[3] === "COUNT" ? Number(request[4]) : EXAMPLES;
  const examples = listOf(answer.get("examples") ?? []).slice(0, count);
  return { answer: new Map([...answer, ["examples", examples]]), missing };
}

export async function gatherMigrations(request: Arguments, session: HttpSession): Promise<Gathered> {
  if (session.partitions.length === 0) return whole(await session.run(request));
  const each = await askEach(request, session);
  if (each instanceof AnswerError) return whole(each);
  const byId = new Map<Answer, Row>();
  for (const entry of each.answers.flatMap(listOf).filter((one) => isMap(one))) {
    const id = entry.get("id") ?? null;
    const known = byId.get(id);
    byId.set(id, known === undefined ? entry : merged(known, entry, ENTRY));
  }
  const sorted = [...byId].sort(([a], [b]) => Number(a) - Number(b));
  return { answer: sorted.map(([, entry]) => entry), missing: each.missing };
}

/**
 * How many machines go back; then, unless it is only to be said, they do, wherever they are.
 * @param request `SM.MIGRATION UNDO id [CHECK]`
 */
export async function gatherUndo(request: Arguments, session: HttpSession): Promise<Gathered> {
  if (session.partitions.length === 0) return whole(await session.run(request));
  const isCheck = request.length > 3;
  const check = isCheck ? request : [...request, "CHECK"];
  const each = await askEach(check, session, (all) => Promise.all(all.map((one) => session.run(one))));
  const gathered = summed(each, UNDO);
  if (isCheck || gathered.answer instanceof AnswerError) return gathered;
  const undone = await session.run(request);
  return undone instanceof AnswerError ? whole(undone) : gathered;
}

/**
 * Each server looks at the machines that it holds, and is asked for what it knows by now.
 * @param request `SM.MIGRATION WHATIF from to …`
 */
export async function gatherWhatIf(request: Arguments, session: HttpSession): Promise<Gathered> {
  if (session.partitions.length === 0) return whole(await session.run(request));
  const servers = await session.runAtAll(request);
  const answers = servers.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
  const fault = answers.find((answer) => answer instanceof AnswerError);
  if (fault !== undefined) return whole(fault);
  const missing = servers.flatMap(({ answer, partitions }) =>
    answer === undefined ? partitions.map(placeOf) : [],
  );
  // A server that had no such run to stop.
  if (answers.every((answer) => answer === null) && answers.length > 0) return { answer: null, missing };
  return summed({ answers, missing }, WHATIF);
}

/** How long other servers may look at their machines. */
const SURVEY_WAIT_MS = 120_000;

/**
 * The plan is made here, and this server's machines are looked at; then the others look at theirs.
 * @param request `SM.MIGRATION PLAN from to …`
 */
export async function gatherPlan(request: Arguments, session: HttpSession): Promise<Gathered> {
  const plan = await session.run(request);
  if (session.partitions.length === 0 || !isMap(plan)) return whole(plan);
  // Another server has made it for one that holds nothing: what it has seen is asked for with the rest.
  const isElsewhere = session.holdsPartitions;
  const check = [...request, "CHECK"];
  const servers = await session.runAtAll(check, { waitMs: SURVEY_WAIT_MS, isElsewhere });
  const fault = servers.find(({ answer }) => answer instanceof AnswerError && !isAway(answer));
  if (fault?.answer !== undefined) return whole(fault.answer);
  const missing = servers.flatMap(({ answer, partitions }) => (isMap(answer ?? null) ? [] : partitions));
  const answers = servers.flatMap(({ answer }) => (answer !== undefined && isMap(answer) ? [answer] : []));
  const gathered = summed(
    { answers: isElsewhere ? [plan, ...answers] : answers, missing: missing.map(placeOf) },
    PLAN,
  );
  const { answer } = gathered;
  return isMap(answer)
    ? { ...gathered, answer: new Map([...answer, ["id", plan.get("id") ?? null]]) }
    : gathered;
}

function summed(each: Awaited<ReturnType<typeof askEach>>, rules: Rules): Gathered {
  if (each instanceof AnswerError) return whole(each);
  const [one, ...others] = each.answers.filter((answer) => isMap(answer));
  if (one === undefined) return whole(new AnswerError("CLUSTERDOWN no server answers for its partitions"));
  const sumOfAll = others.reduce((a, b) => merged(a, b, rules), one);
  // They are asked for here.
  return {
    answer: new Map([...sumOfAll].filter(([name]) => name !== "slotsElsewhere")),
    missing: each.missing,
  };
}

function merged(a: Row, b: Row, rules: Rules): Row {
  return new Map([...a].map(([name, value]) => [name, rules[name]?.(value, b.get(name) ?? null) ?? value]));
}

/** Rows that have the same names as one, the most frequent first. */
function counted(rows: readonly Answer[], names: readonly string[]): readonly Row[] {
  const found = new Map<string, Row>();
  for (const row of rows.filter((one) => isMap(one))) {
    const name = JSON.stringify(names.map((each) => row.get(each) ?? null));
    const known = found.get(name);
    found.set(name, known === undefined ? row : merged(known, row, { count: sum }));
  }
  return [...found.values()].sort((a, b) => Number(b.get("count")) - Number(a.get("count")));
}

function listOf(answer: Answer): readonly Answer[] {
  return isList(answer) ? answer : [];
}

function mapOf(answer: Answer): Row {
  return isMap(answer) ? answer : new Map();
}
