/**
 * The streams of a definition or a task. A cluster with several partitions has one in each, and a reader of all changes, or
 * of all tasks, reads all of them; their partitions move between servers while it does.
 */
import type { Connection } from "./connection.ts";
import { streamsOf } from "./finding.ts";
import type { Patience } from "./patience.ts";

const PLAIN = { changes: "sm:changes", tasks: "sm:tasks" } as const;

/**
 * The keys of the streams, of which there is at least one. A server that does not know SM.STREAMS, or does not allow it,
 * is taken to have one partition.
 */
export async function streamKeys(
  connection: Connection,
  kind: keyof typeof PLAIN,
  name: string,
  patience: Patience,
): Promise<readonly string[]> {
  const plain = `${PLAIN[kind]}:${name}`;
  const words = ["KIND", kind.toUpperCase(), "NAME", name];
  const reply = await patience
    .keep(() => connection.call("SM.STREAMS", ...words))
    .catch((error: unknown) => {
      if (isUnknownHere(error)) return [];
      throw error;
    });
  const keys = streamsOf(reply).map(({ stream }) => stream);
  return keys.length === 0 ? [plain] : keys;
}

function isUnknownHere(error: unknown): boolean {
  return error instanceof Error && /^(ERR unknown command|NOPERM )/.test(error.message);
}
