/** Which definitions a reader of changes means, and their streams. The name of map machines is the empty one. */
import { textOfBytes } from "../base/bytes.ts";
import { changeStream } from "../machines/stream-names.ts";
import { isList, isMap } from "./answer.ts";
import type { HttpSession } from "./http-session.ts";
import { accepted, badRequest } from "./problem.ts";

/** Streams of one reader beside a cluster: the id of an event names each of them, and comes back in a header. */
const STREAMS_MAX = 1000;

export function isPattern(key: string): boolean {
  return /[*?[\\]/.test(key);
}

/** The definition of the one machine that is meant; undefined when it is a pattern, or there is no machine yet. */
export async function definitionOfKey(
  session: HttpSession,
  key: string | undefined,
): Promise<readonly string[] | undefined> {
  if (key === undefined || isPattern(key)) return undefined;
  const info = accepted(await session.run(["SM.INFO", key]));
  if (!isMap(info)) return undefined;
  const definition = info.get("definition");
  return typeof definition === "string" ? [definitionName(definition)] : [""];
}

/** The name in `name:version`. */
export function definitionName(id: string): string {
  return id.replace(/:[^:]*$/, "");
}

/** The change stream of a definition; beside a cluster its name has no tag. */
export function streamOf(definition: string, tag = ""): string {
  return textOfBytes(changeStream({ tag }, definition === "" ? undefined : definition));
}

/** Their names, with the empty one of map machines. */
export async function allDefinitions(session: HttpSession): Promise<readonly string[]> {
  const ids = accepted(await session.run(["SM.DEF", "LIST"]));
  const names = isList(ids) ? ids.map((id) => definitionName(String(id))) : [];
  return ["", ...new Set(names)];
}

/** @throws Problem when these are more than one reader may follow beside a cluster */
export function assertFollowable(names: readonly string[]): void {
  if (names.length <= STREAMS_MAX) return;
  throw badRequest(
    422,
    `${names.length} definitions are too many to follow at once, ${STREAMS_MAX} at most: name some with 'definition'`,
  );
}
