/** An answer that was put together of those of several servers, and what it lacks. */
import type { Answer } from "./answer.ts";
import type { Elsewhere } from "./elsewhere.ts";

export interface Gathered {
  readonly answer: Answer;
  /** Whose machines are not in the answer. */
  readonly missing: readonly Elsewhere[];
}

export const whole = (answer: Answer): Gathered => ({ answer, missing: [] });

/** The members of a body with what it lacks, where it lacks something. */
export function membersWithMissing<Body extends object>(body: Body, missing: readonly Elsewhere[]) {
  return missing.length === 0 ? body : { ...body, missing };
}

/** A body with what it lacks, where it lacks something. */
export function withMissing(body: ReadonlyMap<string, Answer>, missing: readonly Elsewhere[]): Answer {
  if (missing.length === 0) return body;
  const rows = missing.map((row) => new Map<string, Answer>(Object.entries(row)));
  return new Map<string, Answer>([...body, ["missing", rows]]);
}
