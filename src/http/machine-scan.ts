/** Pages of machines: SM.SCAN, a piece at a time. */
import { type Answer, isList, isMap, jsonOf } from "./answer.ts";
import type { HttpSession } from "./http-session.ts";
import { type Arguments, type Input, textOf, withJson } from "./operation.ts";

/** What is JSON in what SM.INFO says. */
export const INFO_JSON = ["context", "output"];

/** Machines that are looked at in one request: about a millisecond. */
const PIECE_LENGTH = 20;

/**
 * A long page as several requests, between which others are served. A machine that moves meanwhile may be found twice and is
 * in the page once. An expression has one budget for a page, which is therefore one request.
 * @param request ends with COUNT, a number, and WITHINFO
 */
export async function scanInPieces(request: Arguments, input: Input, session: HttpSession): Promise<Answer> {
  const [command = "", first = "0"] = request;
  const [options, count] = [request.slice(2, -2), Number(request.at(-2))];
  if (!(count > PIECE_LENGTH) || textOf(input, "where") !== undefined) return session.run(request);
  const rows = new Map<string, Answer>();
  let cursor = first;
  for (let left = count; left > 0; left -= PIECE_LENGTH) {
    const length = String(Math.min(left, PIECE_LENGTH));
    const answer = await session.run([command, cursor, ...options, length, "WITHINFO"]);
    if (!isList(answer)) return answer;
    const [next, found = null] = answer;
    for (const row of isList(found) ? found : []) rows.set(keyText(row), row);
    cursor = String(next);
    if (cursor === "0") break;
  }
  return [cursor, [...rows.values()]];
}

function keyText(row: Answer): string {
  return jsonOf(isList(row) ? (row[0] ?? null) : row);
}

/** The machines of a page, each with what SM.INFO says of it. */
export async function withInfo(answer: Answer): Promise<Answer> {
  const [cursor = null, rows = null] = isList(answer) ? answer : [];
  const machines = (isList(rows) ? rows : []).flatMap((row): Answer[] => {
    const [key = null, info] = isList(row) ? row : [];
    return info !== undefined && isMap(info) ? [new Map([["key", key], ...info])] : [];
  });
  return new Map<string, Answer>([
    ["cursor", cursor],
    ["machines", withJson(machines, INFO_JSON)],
  ]);
}
