/** What the self-check finds wrong in letters between partitions, each fault planted. */
import { expect, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { addToCounter } from "../../../src/keyspace/counters.ts";
import { Databases } from "../../../src/keyspace/databases.ts";
import { lastLetterKey, letterKey, mailPositionKey } from "../../../src/keyspace/layouts.ts";
import type { Place } from "../../../src/keyspace/place.ts";
import { encodeNumber } from "../../../src/keyspace/records.ts";
import { Store } from "../../../src/keyspace/store.ts";
import type { Transaction } from "../../../src/keyspace/transaction.ts";
import { checkLetters, checkMail, mailFigures } from "../../../src/machines/mail/check.ts";
import { forgetLetter, LETTER_COUNT, post } from "../../../src/machines/mail/outgoing.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { MemoryStore } from "../../../src/storage/memory-store.ts";
import { placesFor } from "../../support/mail-partitions.ts";

const PLACES = placesFor(3);

function begin(place: Place | undefined): Databases {
  if (place === undefined) throw new Error("there are three places");
  return new Databases(Store.over(new MemoryStore(), OBJECT_TYPES).begin(), 1, 0, place);
}

/** The first partition, which has written three letters to the second, one of which is with the post. */
function sender(): { readonly databases: Databases; readonly transaction: Transaction } {
  const databases = begin(PLACES[0]);
  const [from, to] = PLACES.map(({ tag }) => bytesOfText(`{${tag}}m`));
  if (from === undefined || to === undefined) throw new Error("there are two keys");
  for (let n = 0; n < 3; n += 1)
    post(databases.at(0), { kind: "send", atMs: 0, chain: 0, to, from, sender: 1, event: "GO" });
  const { transaction } = databases;
  forgetLetter(transaction, { target: 1, sequence: 1, record: Buffer.alloc(0) });
  return { databases, transaction };
}

test("checkLetters() finds nothing wrong in letters that wait, and mailFigures() counts all that were written", () => {
  const { transaction } = sender();
  expect(checkLetters(transaction)).toEqual([]);
  expect(mailFigures(transaction)).toEqual({ written: 3, taken: 0 });
});

test("checkLetters() finds a letter that is gone from between others", () => {
  const { databases, transaction } = sender();
  post(databases.at(0), {
    ...{ kind: "send", atMs: 0, chain: 0, sender: 1, event: "GO" },
    to: bytesOfText(`{${PLACES[1]?.tag}}m`),
    from: bytesOfText(`{${PLACES[0]?.tag}}m`),
  });
  forgetLetter(transaction, { target: 1, sequence: 3, record: Buffer.alloc(0) });
  expect(checkLetters(transaction)).toEqual(["letter 3 to partition 1 is not there, and letter 4 waits"]);
});

test("checkLetters() finds a last letter that is not the last one written", () => {
  const { transaction } = sender();
  addToCounter(transaction, lastLetterKey(1), 2);
  expect(checkLetters(transaction)).toEqual([
    "letter 3 to partition 1 waits as the last one, and 5 were written",
  ]);
});

test("checkLetters() finds a letter that cannot be read, and counters that are wrong", () => {
  const { transaction } = sender();
  const length = transaction.get(letterKey(1, 2))?.length ?? 0;
  transaction.put(letterKey(1, 2), Buffer.alloc(length, 9));
  addToCounter(transaction, LETTER_COUNT, 5);
  expect(checkLetters(transaction)).toEqual([
    "letter 2 to partition 1 cannot be read",
    `2 letters of ${2 * length} bytes wait, and the counters say 7 of ${2 * length}`,
  ]);
});

test("checkMail() finds a partition that has taken more than another one has written", () => {
  const { databases } = sender();
  const receiver = begin(PLACES[1]);
  receiver.transaction.put(mailPositionKey(0), encodeNumber(3));
  // Of a partition that another server holds nothing is known here.
  receiver.transaction.put(mailPositionKey(2), encodeNumber(9));
  expect(checkMail([databases, receiver])).toEqual([]);
  receiver.transaction.put(mailPositionKey(0), encodeNumber(4));
  expect(checkMail([databases, receiver])).toEqual([
    "partition 1 has taken letter 4 of partition 0, which has written 3",
  ]);
});
