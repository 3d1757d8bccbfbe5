/** What the server tells of machines. */

/** What SM.PENDING tells. */
export interface PendingEntry {
  readonly id: string;
  readonly kind: string;
  readonly event: string;
  readonly due: number | null;
  readonly error?: string | null;
  readonly definition?: string | null;
}

export interface HistoryEntry {
  readonly rev: number;
  readonly at: number;
  readonly kind: string;
  readonly event: string | null;
  readonly id: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly data: unknown;
  readonly context: unknown;
  /** The paths of the context where nothing is any more. */
  readonly gone?: readonly string[];
}

/** What SM.INFO tells. */
export interface MachineInfo {
  readonly key?: string;
  readonly definition: string | null;
  readonly state: readonly string[];
  readonly status: string;
  readonly rev: number;
  readonly context: unknown;
  readonly output: unknown;
  readonly created: number;
  readonly updated: number;
  readonly reason: string | null;
  readonly pending: number;
  readonly timers: number;
  readonly failed: number;
  readonly ttl: number;
}
