/** A store in memory whose commits reach the disk when a test says so, or are taken back, as those of a slow disk or a database. */
import type { Bytes } from "../../src/base/bytes.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { CommitError, type OrderedStore, type Write } from "../../src/storage/ordered-store.ts";

interface Unsettled {
  /** What was there before. */
  readonly before: readonly Write[];
  readonly undo: () => void;
}

export interface LateStore {
  readonly store: OrderedStore;
  /** Commits from now on are not settled until `settle` or `fail`. */
  hold(): void;
  /** How many commits are not settled. */
  readonly unsettledCount: number;
  /** All commits so far are on disk, and later ones are at once. */
  settle(): void;
  /** Those that are not settled are taken back, and no further one is taken until `reopen`. */
  fail(): void;
}

export function lateStore(): LateStore {
  const memory = new MemoryStore();
  let listener: (failure: CommitError | undefined) => void = () => undefined;
  let unsettled: Unsettled[] = [];
  let isHeld = false;
  let failure: CommitError | undefined;
  let position = 0;
  const own = {
    commit: (
      writes: readonly Write[],
      _redo?: readonly Buffer[],
      _atMs?: number,
      undo?: () => void,
    ): void => {
      if (failure !== undefined) throw failure;
      if (isHeld && undo !== undefined) {
        const before = writes.map(([key]): [Bytes, Buffer | null] => [key, memory.get(key) ?? null]);
        unsettled.push({ before, undo });
      }
      memory.commit(writes);
      position += 1;
    },
    get position() {
      return position;
    },
    get settledPosition() {
      return position - unsettled.length;
    },
    get failure() {
      return failure;
    },
    onSettled: (given: typeof listener): void => {
      listener = given;
    },
    reopen: (): void => {
      failure = undefined;
    },
  };
  const store = new Proxy<OrderedStore>(memory, {
    get: (target, name) => {
      if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    store,
    hold: () => {
      isHeld = true;
    },
    get unsettledCount() {
      return unsettled.length;
    },
    settle: () => {
      isHeld = false;
      unsettled = [];
      listener(undefined);
    },
    fail: () => {
      isHeld = false;
      failure = new CommitError("no space");
      for (const { before, undo } of unsettled.toReversed()) {
        memory.commit(before);
        undo();
      }
      position -= unsettled.length;
      unsettled = [];
      listener(failure);
    },
  };
}
