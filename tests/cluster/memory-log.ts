/** The log of a cluster in memory, with the rows of its partitions. */
import {
  type ClusterLog,
  type CopyNote,
  type CopyProgress,
  decodeLogRecord,
  encodeLogRecord,
  type LogEntry,
  type LogRecord,
} from "../../src/cluster/cluster-log.ts";

interface Row {
  owner: string | undefined;
  sequence: number;
  answer: number;
}

/** What becomes of a statement: resolves when it has reached the database or its answer the server, or rejects where it is lost. */
export type Passage = () => Promise<void>;

export class MemoryLog implements ClusterLog {
  entries: { readonly sequence: number; readonly id: string; readonly bytes: Buffer }[] = [];
  readonly rows: Map<number, Row>;
  onChange: () => void = () => undefined;

  constructor(partitionCount: number) {
    const rows = Array.from({ length: partitionCount }, (_, p): [number, Row] => [
      p,
      { owner: undefined, sequence: 0, answer: 0 },
    ]);
    this.rows = new Map(rows);
  }

  /** The same log, reached on a way that delays and loses. */
  behind(passage: Passage): ClusterLog {
    const over = async <T>(work: () => Promise<T>): Promise<T> => {
      await passage();
      const result = await work();
      await passage();
      return result;
    };
    return {
      append: (id, record, after) => over(() => this.append(id, record, after)),
      read: (after) => over(() => this.read(after)),
      progress: () => over(() => this.progress()),
      note: (notes) => over(() => this.note(notes)),
      trim: () => over(() => this.trim()),
    };
  }

  get last(): number {
    return this.entries.at(-1)?.sequence ?? 0;
  }

  async append(id: string, record: LogRecord, after: number): Promise<boolean> {
    if (this.entries.some((entry) => entry.id === id)) return true;
    if (this.last !== after) return false;
    this.entries.push({ sequence: after + 1, id, bytes: encodeLogRecord(record) });
    this.onChange();
    return true;
  }

  async read(after: number): Promise<readonly LogEntry[]> {
    const found = this.entries.filter(({ sequence }) => sequence > after).slice(0, 3);
    return found.map(({ sequence, id, bytes }) => ({ sequence, id, record: decodeLogRecord(bytes) }));
  }

  async progress(): Promise<readonly CopyProgress[]> {
    return [...this.rows].map(([partition, { owner, sequence, answer }]) => ({
      partition,
      isOwned: owner !== undefined,
      sequence,
      answer,
    }));
  }

  async note(notes: readonly CopyNote[]): Promise<void> {
    for (const { partition, owner, state } of notes) {
      const row = this.rows.get(partition);
      if (row?.owner !== owner || row.sequence > state.sequence) continue;
      row.sequence = state.sequence;
      row.answer = state.answer;
    }
    this.onChange();
  }

  async trim(): Promise<void> {
    const low = Math.min(this.last, ...[...this.rows.values()].map(({ sequence }) => sequence));
    this.entries = this.entries.filter(({ sequence }) => sequence >= low);
  }
}
