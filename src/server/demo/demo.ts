/** The form of what SM.DEMO shows: definitions, and what happens to their machines. */

/** A number from 0 to below 1. */
export type Random = () => number;

/** An event that a machine may get in a state. */
export interface DemoEvent {
  readonly event: string;
  /** How often, against the other events of its state; 1 where it is absent. */
  readonly weight?: number;
  readonly data?: (random: Random, key: string) => unknown;
  readonly reason?: string;
}

export interface Demo {
  readonly name: string;
  /** In the order in which they are stored: `name:version` and document. */
  readonly definitions: ReadonlyArray<readonly [id: string, document: unknown]>;
  /** What the machines are made of: `name:version`. */
  readonly made: string;
  readonly context: (random: Random) => unknown;
  /** By atomic state. A machine in none of these states has come to its end, and a new one takes its place. */
  readonly events: Readonly<Record<string, readonly DemoEvent[]>>;
}

export const MACHINES = 100;

export function keyPrefix({ name }: Demo): string {
  return `demo:${name}:`;
}

/** One of several, by their weights. */
export function chosen(events: readonly DemoEvent[], random: Random): DemoEvent | undefined {
  const total = events.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let rest = random() * total;
  return events.find(({ weight = 1 }) => {
    rest -= weight;
    return rest < 0;
  });
}

/** A whole number from `from` up to and including `to`. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}
