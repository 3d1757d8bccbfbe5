/** The contract between the ordered store and what is derived beside it, at every point a crash may come. */
import { cpSync } from "node:fs";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { bytesOfText, raw } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedStore, Write } from "../../src/storage/ordered-store.ts";
import { imageOf, temporaryDirectory } from "../support/stores.ts";
import { encodeText, Ledger, textKey } from "./ledger.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const LIMITS = { journalBytesMax: 1600, tableBytesMax: 1400, cacheBytesMax: 1000 };

/** What a commit does: appends letters, then writes or removes whole texts. */
interface Step {
  readonly appends: readonly (readonly [name: string, letter: string])[];
  readonly puts: readonly (readonly [name: string, text: string | null])[];
  /** Turns of the event loop that follow. */
  readonly turns: number;
}

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.record({
  appends: fc.array(fc.tuple(name, fc.constantFrom("x", "y", "z")), { maxLength: 3 }),
  puts: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(fc.tuple(name, fc.option(fc.constantFrom("new", ""))), {
        maxLength: 2,
        selector: ([at]) => at,
      }),
    },
  ),
  turns: fc.nat(3),
});

/** A store, its ledger, and what both should hold. */
class Subject {
  readonly texts = new Map<string, string>();
  total = 0;

  run({ appends, puts }: Step, store: OrderedStore, ledger: Ledger): void {
    const redo = appends.map(([at, letter]) => ledger.append(at, letter, store));
    for (const [at, letter] of appends) this.texts.set(at, (this.texts.get(at) ?? "") + letter);
    this.total += appends.length;
    const writes = puts.map(([at, text]): Write => {
      return [textKey(at), text === null ? null : encodeText({ count: 0, text })];
    });
    for (const [at, text] of puts) this.texts.set(at, text ?? "");
    store.commit(writes, redo);
    for (const [key] of writes) ledger.overwritten(key);
  }

  expectIn(store: OrderedStore, ledger: Ledger): void {
    const found = NAMES.map((at) => ledger.text(at, store));
    expect(found).toEqual(NAMES.map((at) => this.texts.get(at) ?? ""));
    expect(ledger.total(store)).toBe(this.total);
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Opens a copy of the directory as a crash would leave it now. */
async function expectAfterCrash(directory: string, subject: Subject): Promise<Ledger> {
  const image = imageOf(directory);
  const ledger = new Ledger();
  const store = DurableStore.open(image, { derived: ledger });
  const { ...seen } = ledger.seen;
  subject.expectIn(store, ledger);
  await store.close();
  // All is in LMDB now.
  const again = DurableStore.open(image, { derived: new Ledger() });
  subject.expectIn(again, new Ledger());
  await again.close();
  Object.assign(ledger.seen, seen);
  return ledger;
}

test("a derived state is whole after a crash at every point of a checkpoint", async () => {
  const met = { betweenRotationAndMark: 0, partlyCarried: 0, afterMark: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      const directory = temporaryDirectory();
      // Every text is a slice of its own.
      const ledger = new Ledger(2.5);
      const store = DurableStore.open(directory, { derived: ledger, limits: LIMITS });
      const subject = new Subject();
      for (const one of steps) {
        subject.run(one, store, ledger);
        subject.expectIn(store, ledger);
        for (let turn = 0; turn < one.turns; turn += 1) {
          await nextTurn();
          subject.expectIn(store, ledger);
          if (turn !== one.turns - 1) continue;
          const { seen } = await expectAfterCrash(directory, subject);
          if (seen.freezes > 0) met.betweenRotationAndMark += 1;
          if (seen.recordsAhead > 0) met.partlyCarried += 1;
          if (seen.freezes === 0 && ledger.seen.thaws > 0) met.afterMark += 1;
        }
      }
      await store.close();
      const after = new Ledger();
      const again = DurableStore.open(directory, { derived: after });
      expect(after.seen).toEqual({ freezes: 0, recordsAhead: 0, folds: 0, thaws: 0 });
      subject.expectIn(again, after);
      await again.close();
    }),
    // A run that hangs, and a failure that takes long to shrink, are reported with their seed before the test times out.
    { numRuns: 6, timeout: 40_000, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
  for (const count of Object.values(met)) expect(count).toBeGreaterThan(0);
}, 120_000);

test("a store in memory folds when it is asked to", () => {
  const ledger = new Ledger();
  const store = new MemoryStore(ledger);
  const subject = new Subject();
  for (const letter of ["x", "y"]) {
    subject.run({ appends: [["a", letter]], puts: [], turns: 0 }, store, ledger);
    subject.expectIn(store, ledger);
    store.checkpoint();
    subject.expectIn(store, new Ledger());
  }
});

test("freeze() is called when what is derived is large, and never inside a commit", async () => {
  const ledger = new Ledger();
  const store = DurableStore.open(temporaryDirectory(), { derived: ledger, limits: { derivedBytesMax: 10 } });
  onTestFinished(() => store.close());
  for (const letter of "0123456789ab") store.commit([], [ledger.append("a", letter, store)]);
  expect(ledger.seen.freezes).toBe(0);
  await null;
  expect(ledger.seen.freezes).toBe(1);
});

test("a folded write replaces a write of its key that an earlier commit made", async () => {
  const directory = temporaryDirectory();
  const ledger = new Ledger();
  const store = DurableStore.open(directory, { derived: ledger });
  store.commit([[textKey("a"), encodeText({ count: 7, text: "old" })]]);
  store.commit([], [ledger.append("a", "!", store)]);
  await store.close();
  const again = DurableStore.open(directory);
  onTestFinished(() => again.close());
  expect(again.get(textKey("a"))?.toString()).toBe("8:old!");
});

test("a value that was cached before a fold is read again after it", async () => {
  const ledger = new Ledger();
  const store = DurableStore.open(temporaryDirectory(), {
    derived: ledger,
    limits: { derivedBytesMax: 1 },
  });
  onTestFinished(() => store.close());
  for (const letter of ["x", "y", "z"]) {
    store.get(textKey("a"));
    store.commit([], [ledger.append("a", letter, store)]);
    while (ledger.size > 0 || store.status().isCheckpointing) {
      store.get(textKey("a"));
      await nextTurn();
    }
  }
  expect(store.get(textKey("a"))?.toString()).toBe("3:xyz");
});

test("verify() sees the records before the first redo record before that is passed on", async () => {
  const directory = temporaryDirectory();
  const image = temporaryDirectory();
  const ledger = new Ledger();
  const store = DurableStore.open(directory, { derived: ledger });
  store.commit([[bytesOfText("format"), Buffer.from("99")]]);
  store.commit([], [ledger.append("a", "x", store)]);
  cpSync(directory, image, { recursive: true });
  await store.close();
  const refusing = new Ledger();
  const verify = (reader: { get(key: ReturnType<typeof raw>): Buffer | undefined }) => {
    if (reader.get(raw("format")) !== undefined) throw new Error("a newer format");
  };
  expect(() => DurableStore.open(image, { derived: refusing, verify })).toThrow("a newer format");
  expect(refusing.total(new MemoryStore())).toBe(0);
});
