/**
 * A page seen as another user sees it: `?as=NAME` gives a request the rights of that user, for whoever may ACL SETUSER, who could take
 * them anyway. Nothing is changed that way: only commands that read run.
 */
import { type Catalogue, findCommand } from "../catalogue/catalogue.ts";
import { FLAG, hasFlag } from "../catalogue/command.ts";
import { denialOf } from "../clients/users/check.ts";
import type { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { AnswerError } from "./answer.ts";
import { badRequest, Problem } from "./problem.ts";

/** Routes that read what they are sent by POST. */
const READING_POSTS: ReadonlySet<string> = new Set([
  "/api/v1/commands",
  "/api/v1/allowed",
  "/api/v1/drawings",
  "/api/v1/definitions/check",
]);
/** Commands that change nothing, and are not marked as reading keys. */
const HARMLESS: ReadonlySet<string> = new Set(["info", "select", "command", "acl whoami", "time"]);

/** The user whose rights a request is to have; undefined where it asks for none. @throws Problem when it may not */
export function userSeenAs(
  request: Request,
  { catalogue, users }: ServerContext,
  asker: User,
): User | undefined {
  const { searchParams, pathname } = new URL(request.url);
  const name = searchParams.get("as");
  if (name === null || name === "") return undefined;
  const wanted = ["ACL", "SETUSER", name].map((word) => Buffer.from(word));
  const command = findCommand(catalogue, wanted);
  if (command === undefined || denialOf(asker, command, wanted) !== undefined)
    throw new Problem(new AnswerError("NOPERM to see what another user sees takes the right to ACL SETUSER"));
  const isRead = request.method === "GET" || request.method === "HEAD" || READING_POSTS.has(pathname);
  if (!isRead) throw badRequest(403, "with `as` nothing is changed: leave it out");
  const user = users.find(Buffer.from(name, "utf8").toString("latin1"));
  if (user === undefined) throw badRequest(404, `there is no user '${name.slice(0, 128)}'`);
  return user;
}

/** Whether a request may run where nothing is to be changed. */
export function onlyReads(catalogue: Catalogue, request: readonly Buffer[]): boolean {
  const command = findCommand(catalogue, request);
  if (command === undefined) return true;
  const { name } = command.declaration;
  return hasFlag(command, FLAG.READONLY) || HARMLESS.has(name.replace("|", " ").toLowerCase());
}
