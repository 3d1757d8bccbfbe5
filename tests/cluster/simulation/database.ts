/**
 * The database in the simulation: the rows of partitions, each with its journal and its data, and the statements that members send.
 * A statement takes effect at once and as a whole when it arrives. What it does is held against what must never happen.
 */
import type { Asked, Sight } from "../../../src/cluster/database.ts";
import type { LeaseAnswer, LeaseRequest } from "../../../src/cluster/lease.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

export interface Row {
  readonly sequence: number;
  readonly epoch: number;
  readonly value: number;
}

export type StoreStatement =
  /** Rows in order, behind each other. */
  | { readonly kind: "insert"; readonly epoch: number; readonly rows: readonly Row[] }
  /** Raises the epoch of an owner that does not know what became of its last statement. */
  | { readonly kind: "bump"; readonly epoch: number }
  /** What is behind the mark, or from a sequence on, while the epoch is still that of who asks. */
  | { readonly kind: "read"; readonly epoch: number; readonly from: number | undefined }
  /** Brings the journal up to a sequence into the data. */
  | { readonly kind: "carry"; readonly epoch: number; readonly mark: number };

export type StoreAnswer =
  | { readonly kind: "done"; readonly epoch: number }
  /** The epoch is another one by now. */
  | { readonly kind: "fenced"; readonly epoch: number }
  | { readonly kind: "content"; readonly mark: number; readonly rows: readonly Row[] };

/** What can be wrong with statements. */
export type DatabaseBug =
  | "insert without the epoch"
  | "carry without the epoch"
  | "read without the epoch"
  | "take that keeps the epoch"
  | "take without a look at the lease"
  | "renewal by anybody";

/** What is known of one partition. */
export class PartitionRow {
  readonly #bug: string | undefined;
  readonly #clock: () => number;
  readonly #leaseMs: number;
  owner: string | undefined;
  epoch = 0;
  #leaseUntilMs = Number.NEGATIVE_INFINITY;
  /** Who was granted the partition last. */
  #taker: string | undefined;
  /** Values by their sequences, from 1 on, up to the mark. */
  readonly data: number[] = [];
  readonly #journal = new Map<number, Row>();
  /** Values that were acknowledged, by sequence; a hole where none was. */
  readonly #acknowledged: number[] = [];
  takeCount = 0;
  statementCount = 0;

  constructor(leaseMs: number, clock: () => number, bug: string | undefined) {
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#bug = bug;
  }

  lease(member: string, request: LeaseRequest): LeaseAnswer {
    this.statementCount += 1;
    const nowMs = this.#clock();
    if (request.kind === "take") return this.#take(member, request.epoch, nowMs);
    const isOwner = this.owner === member || this.#bug === "renewal by anybody";
    if (request.kind === "renew" && isOwner) {
      this.owner = member;
      this.#leaseUntilMs = nowMs + this.#leaseMs;
      return { granted: true, epoch: this.epoch };
    }
    if (request.kind === "release" && this.owner === member) this.owner = undefined;
    return this.#refusal(member, nowMs);
  }

  store(member: string, statement: StoreStatement): StoreAnswer {
    switch (statement.kind) {
      case "insert":
        return this.#insert(member, statement.epoch, statement.rows);
      case "bump": {
        if (this.owner !== member || this.epoch !== statement.epoch)
          return { kind: "fenced", epoch: this.epoch };
        this.epoch += 1;
        return { kind: "done", epoch: this.epoch };
      }
      case "read":
        return this.#read(statement.epoch, statement.from);
      case "carry":
        return this.#carry(statement.epoch, statement.mark);
    }
  }

  /** A client receives the acknowledgement of its value, with its sequence. */
  acknowledge(sequence: number, value: number): void {
    const known = this.#acknowledged[sequence];
    if (known !== undefined && known !== value)
      throw new Violation(`${known} and ${value} are both acknowledged as ${sequence}`);
    this.#acknowledged[sequence] = value;
    if (this.valueOf(sequence) !== value)
      throw new Violation(`${value} is acknowledged as ${sequence}, where ${this.valueOf(sequence)} is`);
  }

  /** For how long its owner has it; 0: it is free. */
  get leaseLeftMs(): number {
    return this.owner === undefined ? 0 : Math.max(0, this.#leaseUntilMs - this.#clock());
  }

  get acknowledgedMax(): number {
    return Math.max(0, this.#acknowledged.length - 1);
  }

  valueOf(sequence: number): number | undefined {
    return this.data[sequence - 1] ?? this.#journal.get(sequence)?.value;
  }

  /** All that was acknowledged is there, once, without gaps. */
  verify(): void {
    this.#acknowledged.forEach((value, sequence) => {
      if (this.valueOf(sequence) !== value)
        throw new Violation(`${value} was acknowledged as ${sequence}, where ${this.valueOf(sequence)} is`);
    });
    const last = this.data.length + this.#journal.size;
    const values = new Set<number>();
    for (let sequence = 1; sequence <= last; sequence += 1) {
      const value = this.valueOf(sequence);
      if (value === undefined) throw new Violation(`there is a gap at ${sequence} of ${last}`);
      if (values.has(value)) throw new Violation(`${value} is there twice`);
      values.add(value);
    }
  }

  #take(member: string, epoch: number, nowMs: number): LeaseAnswer {
    const isFree =
      this.owner === undefined ||
      this.owner === member ||
      this.#leaseUntilMs < nowMs ||
      this.#bug === "take without a look at the lease";
    if (!isFree || epoch !== this.epoch) return this.#refusal(member, nowMs);
    this.owner = member;
    this.#taker = member;
    if (this.#bug !== "take that keeps the epoch") this.epoch += 1;
    this.#leaseUntilMs = nowMs + this.#leaseMs;
    this.takeCount += 1;
    return { granted: true, epoch: this.epoch };
  }

  #refusal(member: string, nowMs: number): LeaseAnswer {
    const isMine = this.owner === undefined || this.owner === member;
    const freeInMs = isMine ? 0 : Math.max(0, this.#leaseUntilMs - nowMs);
    return { granted: false, epoch: this.epoch, freeInMs };
  }

  #insert(member: string, epoch: number, rows: readonly Row[]): StoreAnswer {
    if (epoch !== this.epoch && this.#bug !== "insert without the epoch")
      return { kind: "fenced", epoch: this.epoch };
    if (member !== this.#taker) throw new Violation(`${member} commits, and ${this.#taker} owns`);
    // Two rows with one key: the statement fails, and nothing of it is done.
    if (rows.some(({ sequence }) => this.valueOf(sequence) !== undefined))
      return { kind: "fenced", epoch: this.epoch };
    for (const row of rows) this.#journal.set(row.sequence, row);
    return { kind: "done", epoch };
  }

  #read(epoch: number, from: number | undefined): StoreAnswer {
    if (epoch !== this.epoch && this.#bug !== "read without the epoch")
      return { kind: "fenced", epoch: this.epoch };
    const start = from ?? this.data.length + 1;
    const rows: Row[] = [];
    for (let sequence = start; ; sequence += 1) {
      const row = this.#journal.get(sequence);
      if (row === undefined) break;
      rows.push(row);
    }
    return { kind: "content", mark: this.data.length, rows };
  }

  #carry(epoch: number, mark: number): StoreAnswer {
    const isChecked = this.#bug !== "carry without the epoch";
    if (isChecked && epoch !== this.epoch) return { kind: "fenced", epoch: this.epoch };
    // What is carried twice says the same; a mark that goes back would have the journal read from where it is trimmed.
    if (mark < this.data.length)
      throw new Violation(`the mark goes back from ${this.data.length} to ${mark}`);
    for (let sequence = this.data.length + 1; sequence <= mark; sequence += 1) {
      const row = this.#journal.get(sequence);
      if (row === undefined) throw new Violation(`${sequence} is carried and not in the journal`);
      this.#journal.delete(sequence);
      this.data.push(row.value);
    }
    return { kind: "done", epoch };
  }
}

export class Database {
  readonly partitions: readonly PartitionRow[];
  readonly #clock: () => number;
  readonly #leaseMs: number;
  /** When each member has shown itself, and whether it takes partitions. */
  readonly #seen = new Map<string, { readonly atMs: number; readonly takes: boolean }>();

  constructor(count: number, leaseMs: number, clock: () => number, bug: string | undefined) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.partitions = Array.from({ length: count }, () => new PartitionRow(leaseMs, clock, bug));
  }

  row(partition: number): PartitionRow {
    const row = this.partitions[partition];
    if (row === undefined) throw new Error(`there is no partition ${partition}`);
    return row;
  }

  lease(member: string, asked: readonly Asked[]): ReadonlyMap<number, LeaseAnswer> {
    return new Map(
      asked.map(({ partition, request }) => [partition, this.row(partition).lease(member, request)]),
    );
  }

  look(member: string, takes: boolean): Sight {
    const nowMs = this.#clock();
    this.#seen.set(member, { atMs: nowMs, takes });
    const partitions = this.partitions.map((row, partition) => ({
      partition,
      firstSlot: partition,
      lastSlot: partition,
      epoch: row.epoch,
      ownerId: row.leaseLeftMs > 0 ? row.owner : undefined,
      lastOwnerId: row.leaseLeftMs > 0 ? undefined : row.owner,
    }));
    const others = this.partitions.filter(({ owner, leaseLeftMs }) => owner !== member && leaseLeftMs > 0);
    return {
      partitions,
      members: [],
      takers: [...this.#seen]
        .filter(([, seen]) => seen.takes && nowMs - seen.atMs < this.#leaseMs)
        .map(([id]) => id),
      freeInMs: Math.min(...others.map(({ leaseLeftMs }) => leaseLeftMs)),
    };
  }

  leave(member: string): void {
    this.#seen.delete(member);
  }

  get takeCount(): number {
    return this.partitions.reduce((sum, row) => sum + row.takeCount, 0);
  }

  get acknowledgedCount(): number {
    return this.partitions.reduce((sum, row) => sum + row.acknowledgedMax, 0);
  }

  verify(): void {
    for (const row of this.partitions) row.verify();
  }
}
