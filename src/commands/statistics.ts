/** Counters of what the server did since it started, or since CONFIG RESETSTAT. */
export interface CommandStatistics {
  calls: number;
  microseconds: number;
  rejectedCalls: number;
  failedCalls: number;
}

export interface Statistics {
  startedAtMs: number;
  commandCount: number;
  connectionCount: number;
  rejectedConnectionCount: number;
  netInputBytes: number;
  netOutputBytes: number;
  keyspaceHits: number;
  keyspaceMisses: number;
  expiredKeys: number;
  /** Bugs of ours that a client was told of as an internal error. Any test that sees one fails. */
  internalErrors: number;
  /** By full command name, lower case. */
  readonly commands: Map<string, CommandStatistics>;
  /** By error code. */
  readonly errors: Map<string, number>;
}

export function newStatistics(nowMs: number): Statistics {
  return {
    startedAtMs: nowMs,
    commandCount: 0,
    connectionCount: 0,
    rejectedConnectionCount: 0,
    netInputBytes: 0,
    netOutputBytes: 0,
    keyspaceHits: 0,
    keyspaceMisses: 0,
    expiredKeys: 0,
    internalErrors: 0,
    commands: new Map(),
    errors: new Map(),
  };
}
