/** What each server of a cluster tells beside what commands do. */
import type { Counted } from "../commands/other-servers.ts";
import { type Answer, AnswerError } from "./answer.ts";
import { type Elsewhere, isAway, placeOf } from "./elsewhere.ts";
import type { HttpSession } from "./http-session.ts";
import { accepted, Problem } from "./problem.ts";

interface Part {
  readonly answer: Answer;
  readonly told: unknown;
}

/** What each server tells to a user who may make the request; to everybody without one. @throws Problem where the user may not know it */
export async function countedEverywhere(
  session: HttpSession,
  request: readonly string[],
  counted: Counted,
): Promise<{ readonly parts: readonly Part[]; readonly missing: readonly Elsewhere[] }> {
  const parts: Part[] = [];
  const missing: Elsewhere[] = [];
  for (const { answer, counted: told, partitions } of await session.runAtAll(request, { counted })) {
    const isMissing = answer === undefined || isAway(answer);
    if (isMissing || (told === undefined && !(answer instanceof AnswerError)))
      missing.push(...partitions.map(placeOf));
    else parts.push({ answer: accepted(answer ?? null), told });
  }
  if (parts.length === 0)
    throw new Problem(new AnswerError("CLUSTERDOWN no server answers for its partitions"));
  return { parts, missing };
}
