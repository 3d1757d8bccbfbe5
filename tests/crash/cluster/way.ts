/** How a server reaches the database, and how that is cut: by a network of its own where there is one, else by wires. */
import type { Lost, Network } from "./network.ts";
import { Wire } from "./wire.ts";

export interface Way {
  /** Both servers of the database. */
  readonly url: string;
  cut(lost: Lost): Promise<void>;
  heal(): Promise<void>;
  close(): void;
}

export const PORTS = [5432, 5433] as const;

export function networkWay(network: Network, way: number): Way {
  const host = network.host(way);
  return {
    url: urlOf(PORTS.map((port) => `${host}:${port}`)),
    cut: (lost) => network.cut(way, lost),
    heal: () => network.heal(way),
    close: () => undefined,
  };
}

/** @param directory of the sockets of the database */
export async function wireWay(directory: string): Promise<Way> {
  const wires = await Promise.all(PORTS.map((port) => Wire.to(`${directory}/.s.PGSQL.${port}`)));
  return {
    url: urlOf(wires.map(({ port }) => `127.0.0.1:${port}`)),
    // Both directions, always.
    cut: async () => {
      for (const wire of wires) wire.cut();
    },
    heal: async () => {
      for (const wire of wires) wire.heal();
    },
    close: () => {
      for (const wire of wires) wire.close();
    },
  };
}

function urlOf(hosts: readonly string[]): string {
  return `postgres://tester@${hosts.join(",")}/postgres?target_session_attrs=read-write`;
}
