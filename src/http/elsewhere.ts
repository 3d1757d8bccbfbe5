/**
 * The partitions of a cluster that other servers hold: what a page or a reader of changes is not sent here, and where it is. A
 * server names them whenever they change, so that nobody takes a part for the whole.
 */
import { type OwnedPartition, partitionsElsewhere } from "../commands/cluster/elsewhere.ts";
import { portFor } from "../commands/cluster/topology.ts";
import type { ServerContext } from "../commands/server-context.ts";

type Server = Pick<ServerContext, "cluster" | "partitions">;

export interface Elsewhere {
  readonly partition: number;
  /** The first and the last. */
  readonly slots: string;
  /** Where clients reach the owner; null while there is none. */
  readonly host: string | null;
  readonly port: number | null;
}

/** Where a cluster has several partitions: those that this server does not hold. */
export function elsewhere(server: Server): readonly Elsewhere[] {
  return (partitionsElsewhere(server) ?? []).map(placeOf);
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

/** Says what is elsewhere, once and whenever that has changed. */
export class ElsewhereNotice {
  readonly #server: Server;
  #said = "[]";

  constructor(server: Server) {
    this.#server = server;
  }

  /** An event `missing`; empty where there is nothing to say. */
  next(): string {
    const list = JSON.stringify(elsewhere(this.#server));
    if (list === this.#said) return "";
    this.#said = list;
    return `event: missing\ndata: {"partitions":${list}}\n\n`;
  }
}
