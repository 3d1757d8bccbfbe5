/**
 * Requests that speak of all machines. A server of a cluster answers them for the partitions that it holds at the moment. So each
 * partition is asked, by `SLOT` behind the request, wherever it is: none is asked twice, none is left out, and one that changes hands
 * meanwhile is waited for.
 */
import { type Connection, listOf } from "./connection.ts";
import { Patience } from "./patience.ts";
import type { Words } from "./words.ts";

/** A partition, or all there is where there are not several. */
export interface Part {
  ask(command: string, ...args: Words): Promise<unknown>;
}

/** Requests that are under way at once. */
const ASKED_AT_ONCE = 64;

/** The partitions, in the order of slots. */
export async function partsOf(connection: Connection): Promise<readonly Part[]> {
  const { callAt } = connection;
  if (callAt === undefined) return [{ ask: connection.call }];
  const ranges = await rangesOf(connection);
  if (ranges.length === 1) return [{ ask: (command, ...args) => patient(() => callAt(0, command, ...args)) }];
  return ranges.map(({ first }) => ({
    ask: (command, ...args) => patient(() => callAt(first, command, ...args, "SLOT", first)),
  }));
}

/** Each server that holds partitions, for requests that have no `SLOT`. */
export async function serversOf(connection: Connection): Promise<readonly Part[]> {
  const { callAt } = connection;
  if (callAt === undefined) return [{ ask: connection.call }];
  const firsts = new Map((await rangesOf(connection)).map(({ owner, first }) => [owner, first]));
  return Array.from(firsts.values(), (slot) => ({
    ask: (command, ...args) => patient(() => callAt(slot, command, ...args)),
  }));
}

/** What each partition answers, in their order. */
export async function askEach(
  parts: readonly Part[],
  command: string,
  ...args: Words
): Promise<readonly unknown[]> {
  const replies: unknown[] = [];
  for (let at = 0; at < parts.length; at += ASKED_AT_ONCE) {
    const some = parts.slice(at, at + ASKED_AT_ONCE);
    replies.push(...(await Promise.all(some.map((part) => part.ask(command, ...args)))));
  }
  return replies;
}

interface Range {
  readonly first: number;
  /** Of the server that owns it. */
  readonly owner: string;
}

/** The slots of each partition. They are known once a server has heard of its cluster. */
function rangesOf({ call }: Connection): Promise<readonly Range[]> {
  return patient(async () => {
    const rows = listOf(await call("CLUSTER", "SLOTS")).map(listOf);
    if (rows.length === 0) throw new Error("CLUSTERDOWN the server does not know the slots yet");
    return rows
      .map(([first, , master]) => {
        const [host, port, id] = listOf(master);
        return { first: Number(first), owner: String(id ?? `${host}:${port}`) };
      })
      .sort((a, b) => a.first - b.first);
  });
}

function patient<Reply>(request: () => Promise<Reply>): Promise<Reply> {
  return new Patience(new AbortController().signal).keep(request);
}
