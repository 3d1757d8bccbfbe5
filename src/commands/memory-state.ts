/** Whether there is room for more, as dispatch asks before a command that may add something. */
export interface MemoryState {
  /** The process has more memory of its own than `maxmemory`. */
  readonly isOverMemory: boolean;
  /** The store holds more than `sm-max-store-bytes`. */
  readonly isStoreFull: boolean;
}

/** There is. */
export const ROOM: MemoryState = { isOverMemory: false, isStoreFull: false };
