/**
 * The post in PostgreSQL: a row for each letter, from when it is put in until its target has taken it. Only the owner of a
 * partition puts letters in that are from it, and removes those that are for it; a statement that comes twice changes nothing.
 */
import type { IncomingLetter, MailPositions, OutgoingLetter, Post, TakeLimits } from "../post.ts";
import { bigintArray, byteaArray } from "./arrays.ts";
import { type Answer, DoubtError, type Statement, type Statements } from "./connection.ts";
import { HELD, type Ownership } from "./ownership.ts";

/** The name of the channel on which the process that puts letters in says for which partitions of other processes they are. */
export const MAIL_CHANNEL = "'detent_' || md5(current_schema()) || '_mail'";

/** $7: those partitions, with a comma between two. */
const PUT: Statement = {
  name: "put",
  commits: true,
  text: `with ${HELD}, put as (
      insert into detent_mail (target, source, sequence, record)
      select t.target, $1, t.sequence, t.record
      from held, unnest($4::bigint[], $5::bigint[], $6::bytea[]) as t(target, sequence, record)
      on conflict do nothing
    ), told as (select pg_notify(${MAIL_CHANNEL}, $7::text) from held where $7::text <> '')
    select (select count(*) from held), t.target, (
      select m.sequence from detent_mail m where m.target = t.target and m.source = $1 order by m.sequence limit 1
    ) from (select distinct target from unnest($4::bigint[]) as given(target)) as t left join told on true`,
};

const TAKE: Statement = {
  name: "take",
  text: `select source, sequence, record from (
      select s.source, m.sequence, m.record,
        sum(octet_length(m.record)) over (order by m.sequence, s.source) - octet_length(m.record) as bytes_before
      from unnest($2::bigint[], $3::bigint[]) as s(source, position), lateral (
        select sequence, record from detent_mail
        where target = $1 and source = s.source and sequence > s.position order by sequence limit $4
      ) as m
    ) as found where bytes_before < $5 order by source, sequence`,
};

const REMOVE: Statement = {
  name: "remove",
  commits: true,
  text: `with ${HELD}, removed as (
      delete from detent_mail m using held, unnest($4::bigint[], $5::bigint[]) as s(source, position)
      where m.target = $1 and m.source = s.source and m.sequence <= s.position
    )
    select count(*) from held`,
};

/** Tells the partitions of one process of letters that were put in for them, by it or by another one. */
export class PostHints {
  readonly #listeners = new Map<number, () => void>();

  listen(partition: number, listener: (() => void) | undefined): void {
    if (listener === undefined) this.#listeners.delete(partition);
    else this.#listeners.set(partition, listener);
  }

  isListening(partition: number): boolean {
    return this.#listeners.has(partition);
  }

  /** Letters for a partition may have come. */
  tell(partition: number): void {
    this.#listeners.get(partition)?.();
  }

  /** @param text what another process has said on the channel; undefined: something may have been missed */
  said(text: string | undefined): void {
    const partitions = text === undefined ? [...this.#listeners.keys()] : text.split(",").map(Number);
    for (const partition of partitions) this.tell(partition);
  }
}

export class PostgresPost implements Post {
  readonly #line: Statements;
  readonly #ownership: Ownership;
  readonly #hints: PostHints;

  constructor(line: Statements, ownership: Ownership, hints: PostHints) {
    this.#line = line;
    this.#ownership = ownership;
    this.#hints = hints;
  }

  async put(letters: readonly OutgoingLetter[]): Promise<ReadonlyMap<number, number>> {
    const far = new Set(
      letters.map(({ target }) => target).filter((target) => !this.#hints.isListening(target)),
    );
    const { rows } = await this.#run(PUT, [
      bigintArray(letters.map(({ target }) => target)),
      bigintArray(letters.map(({ sequence }) => sequence)),
      byteaArray(letters.map(({ record }) => record)),
      [...far].join(","),
    ]);
    const oldest = new Map<number, number>();
    for (const [, target, sequence] of rows) {
      this.#hints.tell(Number(target));
      if (sequence !== null) oldest.set(Number(target), Number(sequence));
    }
    return oldest;
  }

  async take(positions: MailPositions, limits: TakeLimits): Promise<readonly IncomingLetter[]> {
    const { rows } = await this.#line.run(TAKE, [
      this.#ownership.partition,
      bigintArray([...positions.keys()]),
      bigintArray([...positions.values()]),
      limits.countMax,
      limits.bytesMax,
    ]);
    return rows.map(([source, sequence, record]) => ({
      source: Number(source),
      sequence: Number(sequence),
      record: Buffer.isBuffer(record) ? record : Buffer.alloc(0),
    }));
  }

  async remove(positions: MailPositions): Promise<void> {
    await this.#run(REMOVE, [bigintArray([...positions.keys()]), bigintArray([...positions.values()])]);
  }

  onHint(listener: (() => void) | undefined): void {
    this.#hints.listen(this.#ownership.partition, listener);
  }

  /** @throws DoubtError also when owner or epoch are others by now: a raise of our own, or the partition is lost */
  async #run(statement: Statement, values: readonly unknown[]): Promise<Answer> {
    const { lost, partition } = this.#ownership;
    if (lost !== undefined) throw lost;
    const answer = await this.#line.run(statement, this.#ownership.fenced(...values));
    if (answer.rows[0]?.[0] !== "1")
      throw new DoubtError(`partition ${partition} is in another epoch or has another owner`);
    return answer;
  }
}
