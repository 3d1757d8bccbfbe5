/**
 * The partitions of a cluster that are missing for a page or a reader of changes, and where they are. A server names them whenever
 * they change, so that nobody takes a part for the whole.
 */
import { type OwnedPartition, partitionsElsewhere } from "../commands/cluster/elsewhere.ts";
import { portFor } from "../commands/cluster/topology.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { type Answer, AnswerError } from "./answer.ts";

export interface Elsewhere {
  readonly partition: number;
  /** The first and the last. */
  readonly slots: string;
  /** Where clients reach the owner; null while there is none. */
  readonly host: string | null;
  readonly port: number | null;
}

/** Where a partition is. */
export function placeOf({ partition, firstSlot, lastSlot, owner }: OwnedPartition): Elsewhere {
  return {
    partition,
    slots: `${firstSlot}-${lastSlot}`,
    host: owner?.host ?? null,
    port: owner === undefined ? null : portFor({ isSecure: false }, owner),
  };
}

/** Those that nobody serves at the moment, or nobody who can be asked. */
export function unserved(
  server: Pick<ServerContext, "cluster" | "partitions" | "asking">,
): readonly Elsewhere[] {
  return (partitionsElsewhere(server) ?? [])
    .filter(
      ({ owner }) => owner === undefined || owner.id === server.cluster?.ownId || server.asking === undefined,
    )
    .map(placeOf);
}

/** What is answered for a partition that cannot be asked at the moment. */
const AWAY: ReadonlySet<string> = new Set([
  "MOVED",
  "ASK",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "CROSSSLOT",
  "UNBLOCKED",
]);

export function isAway(answer: Answer): boolean {
  return answer instanceof AnswerError && AWAY.has(answer.code);
}

/** Says what is missing, once and whenever that has changed. */
export class MissingNotice {
  #said = "[]";

  isNews(missing: readonly Elsewhere[]): boolean {
    return JSON.stringify(missing) !== this.#said;
  }

  /** An event `missing`; empty where there is nothing to say. */
  next(missing: readonly Elsewhere[]): string {
    if (!this.isNews(missing)) return "";
    this.#said = JSON.stringify(missing);
    return `event: missing\ndata: {"partitions":${this.#said}}\n\n`;
  }
}
