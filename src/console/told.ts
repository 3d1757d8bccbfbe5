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
