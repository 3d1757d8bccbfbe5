/** The latest entries of streams of which a cluster has one for each partition. */
import { command, ProblemError } from "./api.ts";
import { entriesOf, type StreamEntry } from "./stream-entries.ts";

export interface Entry extends StreamEntry {
  readonly stream: string;
}

interface Row {
  readonly stream: string;
  /** Null where another server holds the partition, which is asked for its entries. */
  readonly length: number | null;
}

/** Of all partitions, the newest first; of one that nobody serves, none. @param plain the key where there is one partition */
export async function latestEntries(
  kind: "AUDIT" | "DEAD" | "REFUSALS",
  plain: string,
  countMax: number,
): Promise<readonly Entry[]> {
  const streams = await streamsOf(kind, plain);
  const pieces = await Promise.all(
    streams.map(async (stream) => (await served(stream, countMax)).map((entry) => ({ ...entry, stream }))),
  );
  return pieces
    .flat()
    .sort((a, b) => compareIds(b.id, a.id))
    .slice(0, countMax);
}

/** Nobody serves the partition of the stream, or it cannot be asked. */
const AWAY: ReadonlySet<string> = new Set(["CLUSTERDOWN", "MOVED"]);

async function served(stream: string, countMax: number): Promise<readonly StreamEntry[]> {
  try {
    return await entriesOf(stream, countMax);
  } catch (error) {
    if (error instanceof ProblemError && AWAY.has(error.problem.code)) return [];
    throw error;
  }
}

async function streamsOf(kind: string, plain: string): Promise<readonly string[]> {
  try {
    const rows = await command<readonly Row[]>("SM.STREAMS", "KIND", kind);
    // Of those that the user may not read, the refusal says which.
    if (rows.length === 0) return [plain];
    return rows.filter(({ length }) => length !== 0).map(({ stream }) => stream);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "NOPERM") return [plain];
    throw error;
  }
}

function compareIds(a: string, b: string): number {
  const [aMs = "0", aSeq = "0"] = a.split("-");
  const [bMs = "0", bSeq = "0"] = b.split("-");
  return Number(aMs) - Number(bMs) || Number(aSeq) - Number(bSeq);
}
