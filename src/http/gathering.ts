/**
 * What speaks of all machines, asked in each partition of the cluster, whichever server holds it. One that nobody answers for in time
 * is named in `missing`; everything else is answered without it.
 */
import { type Answer, AnswerError, isList, isMap } from "./answer.ts";
import { type Elsewhere, placeOf } from "./elsewhere.ts";
import { type Gathered, whole } from "./gathered.ts";
import type { HttpSession } from "./http-session.ts";
import type { Arguments } from "./operation.ts";
import { badRequest } from "./problem.ts";

/** What is answered for a partition that cannot be asked at the moment. */
const AWAY: ReadonlySet<string> = new Set(["MOVED", "CLUSTERDOWN", "TRYAGAIN"]);

/** Partitions whose pages are asked for at once. */
const PAGES_AT_ONCE = 8;

export interface EachAnswer {
  /** Of the partitions that are there, in the order of slots. */
  readonly answers: readonly Answer[];
  readonly missing: readonly Elsewhere[];
}

/**
 * What each partition answers to a request that takes SLOT, or the error that one of them has for all.
 * @param runs sends the requests on; those that write go one by one
 */
export async function askEach(
  request: Arguments,
  session: HttpSession,
  runs: (requests: readonly Arguments[]) => Promise<readonly Answer[]> = (all) => session.runAll(all),
): Promise<EachAnswer | AnswerError> {
  const { partitions } = session;
  const all = await runs(partitions.map(({ firstSlot }) => [...request, "SLOT", String(firstSlot)]));
  const fault = all.find((answer) => answer instanceof AnswerError && !AWAY.has(answer.code));
  if (fault instanceof AnswerError) return fault;
  const missing = partitions.filter((_, index) => all[index] instanceof AnswerError).map(placeOf);
  return { answers: all.filter((answer) => !(answer instanceof AnswerError)), missing };
}

/** The sum of numbers, or of numbers by name. */
export async function gatherCount(request: Arguments, session: HttpSession): Promise<Gathered> {
  if (session.partitions.length === 0) return whole(await session.run(request));
  const each = await askEach(request, session);
  return each instanceof AnswerError ? whole(each) : { ...each, answer: sumOf(each.answers) };
}

function sumOf(counts: readonly Answer[]): Answer {
  const maps = counts.filter(isMap);
  if (maps.length === 0) return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  const sum = new Map<string, number>();
  for (const [name, count] of maps.flatMap((map) => [...map]))
    sum.set(name, (sum.get(name) ?? 0) + Number(count));
  return new Map([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Asks for a page of one partition; the request ends as `scanInPieces` wants it. */
type AskPage = (request: Arguments) => Promise<Answer>;

/**
 * A page of SM.SCAN through one partition after another. The cursor is the number of the partition and the cursor in it.
 * @param request `SM.SCAN cursor … COUNT n`, and whatever has no value
 * @throws Problem for a cursor that is none
 */
export async function gatherPage(
  request: Arguments,
  session: HttpSession,
  askPage: AskPage = (page) => session.run(page),
): Promise<Gathered> {
  const { partitions } = session;
  if (partitions.length === 0) return whole(await askPage(request));
  const [command = "", cursor = "0", ...options] = request;
  const start = startOf(cursor);
  const left = partitions.filter(({ partition }) => partition >= start.partition);
  const rows: Answer[] = [];
  const missing: Elsewhere[] = [];
  const count = Number(request[request.lastIndexOf("COUNT") + 1]);
  for (let at = 0; at < left.length; at += PAGES_AT_ONCE) {
    const some = left.slice(at, at + PAGES_AT_ONCE);
    const pages = await Promise.all(
      some.map(({ partition, firstSlot }) => {
        const from = partition === start.partition ? start.cursor : "0";
        return askPage([command, from, "SLOT", String(firstSlot), ...options]);
      }),
    );
    for (const [index, page] of pages.entries()) {
      const place = some[index];
      if (place === undefined) continue;
      if (rows.length >= count) return { answer: [`${place.partition}~0`, rows], missing };
      if (!isList(page)) {
        if (!(page instanceof AnswerError && AWAY.has(page.code))) return whole(page);
        missing.push(placeOf(place));
        continue;
      }
      const [next = "0", found = null] = page;
      rows.push(...(isList(found) ? found : []));
      if (next !== "0") return { answer: [`${place.partition}~${String(next)}`, rows], missing };
    }
  }
  return { answer: ["0", rows], missing };
}

function startOf(cursor: string): { readonly partition: number; readonly cursor: string } {
  if (cursor === "0") return { partition: 0, cursor };
  const [, partition, rest] = /^(\d{1,5})~([\w-]+)$/.exec(cursor) ?? [];
  if (partition === undefined || rest === undefined)
    throw badRequest(422, "'cursor' is that of the page before, and 0 for the first");
  return { partition: Number(partition), cursor: rest };
}
