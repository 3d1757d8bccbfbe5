/** The contract of a journal, for every implementation of it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars } from "../../src/base/bytes.ts";
import type { CommitJournal } from "../../src/storage/commit-journal.ts";
import { Journal } from "../../src/storage/journal.ts";
import { JournalFile } from "../../src/storage/journal-file.ts";
import { replayJournal } from "../../src/storage/journal-reader.ts";
import { type Commit, decodeCommit } from "../../src/storage/journal-record.ts";
import { Line } from "../../src/storage/postgres/connection.ts";
import { PostgresJournal } from "../../src/storage/postgres/journal.ts";
import { Ownership } from "../../src/storage/postgres/ownership.ts";
import { connectedTo, useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/stores.ts";

interface Subject {
  readonly journal: CommitJournal;
  /** The commits behind a sequence that a start would find now, in order. */
  found(sequence: number): Promise<Commit[]>;
}

async function files(): Promise<Subject> {
  const directory = temporaryDirectory();
  const [active, spare] = [`${directory}/0`, `${directory}/1`].map((path) => JournalFile.create(path)) as [
    JournalFile,
    JournalFile,
  ];
  active.use(1, 0);
  const journal = new Journal({ active, spare, sequenceNext: 1 });
  const found = async (sequence: number) => {
    const opened = [`${directory}/0`, `${directory}/1`].map((path) => JournalFile.open(path));
    opened.sort((a, b) => a.head.number - b.head.number);
    const commits: Commit[] = [];
    let next = sequence + 1;
    for (const file of opened.filter(({ head }) => head.number > 0)) {
      const end = replayJournal(file, next, (commit) => commits.push(commit));
      next = end.sequenceNext;
    }
    for (const file of opened) file.close();
    return commits;
  };
  return { journal, found };
}

const database = noPostgres === undefined ? useClusterDatabase() : undefined;

async function postgres(): Promise<Subject> {
  const url = (await database?.cluster()) ?? "";
  const client = await connectedTo(url);
  const line = new Line({ url, name: "detent test" });
  onTestFinished(() => line.close());
  const ownership = new Ownership({ partition: 0, owner: "owner", epoch: 1 });
  const end = { mark: { number: 0, sequence: 0 }, sequence: 0, bytes: 0 };
  const journal = new PostgresJournal({ line, trimLine: line, ownership, end, onSettled: () => undefined });
  const found = async (sequence: number) => {
    const text = "select record from detent_journal where sequence > $1 order by sequence";
    const { rows } = await client.query<{ record: Buffer }>(text, [sequence]);
    return rows.map(({ record }) => decodeCommit(record));
  };
  return { journal, found };
}

const SUBJECTS = { files, ...(database && { "rows of PostgreSQL": postgres }) };

function commit(name: string, redo: readonly string[] = []): Commit {
  const writes = [[bytesOfText(name), Buffer.from(name)] as const, [bytesOfText("gone"), null] as const];
  return { writes, redo: redo.map((text) => Buffer.from(text)), atMs: 1_700_000_000_000 };
}

function shown({ writes, redo, atMs }: Commit): string {
  return [...redo.map(String), ...writes.map(([key, value]) => `${chars(key)}=${value}`), atMs].join(" ");
}

describe.each(Object.entries(SUBJECTS))("a journal of %s", (_name, make) => {
  test("has each commit once and in order when it is safe", async () => {
    const { journal, found } = await make();
    expect([journal.number, journal.sequence, journal.syncedSequence]).toEqual([1, 0, 0]);
    const commits = Array.from({ length: 40 }, (_, index) =>
      commit(`k${index}`, ["r", "x".repeat(index * 10)]),
    );
    for (const one of commits) journal.append(one, true);
    expect(journal.sequence).toBe(40);
    expect(await journal.syncAside()).toBe(40);
    expect(journal.syncedSequence).toBe(40);
    expect((await found(0)).map(shown)).toEqual(commits.map(shown));
    expect(journal.flushes.count).toBeGreaterThan(0);
    await journal.close();
  });

  test("a sync covers all there was when it was asked for, and says how far it has got", async () => {
    const { journal } = await make();
    journal.append(commit("a"), true);
    const first = journal.syncAside();
    journal.append(commit("b"), true);
    const safe = await first;
    expect([1, 2]).toContain(safe);
    expect(journal.syncedSequence).toBeGreaterThanOrEqual(safe);
    expect(await journal.syncAside()).toBe(2);
    await journal.close();
  });

  test("goes on in another part behind a mark, and gives the first one up when it is released", async () => {
    const { journal, found } = await make();
    journal.append(commit("a"), true);
    journal.append(commit("b"), true);
    const bytes = journal.activeBytes;
    journal.rotate(0);
    expect([journal.number, journal.activeBytes < bytes, journal.bytes >= bytes]).toEqual([2, true, true]);
    journal.append(commit("c"), true);
    await journal.syncSpare();
    await journal.syncAside();
    journal.release(2);
    expect((await found(2)).map(shown)).toEqual([commit("c")].map(shown));
    journal.rotate(0);
    journal.append(commit("d"), true);
    expect(await journal.syncAside()).toBe(4);
    await journal.close();
    expect(journal.number).toBe(3);
  });
});
