/** What a request, or what is queued for its EXEC, reads and touches, found before or without running it. */
import { bytesOf } from "../base/bytes.ts";
import { checkArity } from "../catalogue/catalogue.ts";
import { keysOf } from "../catalogue/keys.ts";
import { type Session, watchName } from "../clients/session.ts";
import type { NotLoaded } from "../storage/not-loaded.ts";
import { FurtherMisses } from "./further-misses.ts";
import type { Nesting } from "./nesting.ts";
import type { Route } from "./route.ts";
import type { Routes } from "./routes.ts";
import { Run, type RunContext } from "./run.ts";
import type { Part } from "./turn.ts";

interface MissedRequest {
  readonly session: Session;
  readonly route: Route;
  readonly args: readonly Buffer[];
  readonly nesting: Nesting | undefined;
}

/** What other keys of a request, or requests of its queue, will miss. */
export function furtherMissesOf(
  routes: Routes,
  context: RunContext,
  { session, route, args, nesting }: MissedRequest,
  part: Part,
): readonly NotLoaded[] {
  const isExec = route.command.name === "exec";
  const requests = isExec ? (session.queue ?? []) : [args];
  const { databases } = part;
  const found = new FurtherMisses(databases, part);
  const routed = requests.map((one) => ({ route: routes.resolve(one), args: one }));
  for (const one of routed) {
    for (const { key } of (one.route && keysOf(one.route.command, one.args)) ?? [])
      found.look(() => databases.at(session.database).find(bytesOf(key)));
  }
  for (const one of isExec ? routed : []) {
    if (one.route?.isRead !== true && one.route?.isWrite !== true) continue;
    const { command, handler } = one.route;
    found.look(() =>
      handler?.run(new Run(context, command, session, one.args, part, "transaction", nesting)),
    );
  }
  // The random numbers that were drawn are those that the next run draws.
  nesting?.takeBack();
  return found.end();
}

/** Whether a request, or one of its queue, may touch one of the keys, named as `watchName` does. */
export function touchesKeys(
  routes: Routes,
  {
    session,
    args,
    keys,
  }: { readonly session: Session; readonly args: readonly Buffer[]; readonly keys: ReadonlySet<string> },
): boolean {
  const queue = routes.resolve(args)?.command.name === "exec" ? (session.queue ?? []) : [];
  return [args, ...queue].some((one) => {
    const route = routes.resolve(one);
    if (route === undefined || !checkArity(route.command, one)) return false;
    const used = keysOf(route.command, one) ?? [];
    if (used.length === 0) return route.isWrite;
    return used.some(({ key }) => keys.has(watchName(session.database, bytesOf(key))));
  });
}
