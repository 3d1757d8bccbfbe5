/**
 * SM.VERIFY [key]: holds a machine, or the whole store, against its indexes and counters; replies with what is wrong,
 * a sentence each, so empty is well. Without a key it reads everything there is.
 */
import { bytesOf } from "../../base/bytes.ts";
import { checkStore } from "../../keyspace/self-check.ts";
import { checkMail } from "../../machines/mail/check.ts";
import { subjectAt } from "../../machines/subject.ts";
import { verifyMachine } from "../../machines/verify.ts";
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

export const smVerify = {
  name: "SM.VERIFY",
  run: (call) => {
    const [, key] = call.args;
    if (call.args.length > 2) throw errors.wrongNumberOfArguments("SM.VERIFY");
    if (key === undefined) {
      // What is damaged on the disk might end the process that reads it.
      const damage = call.server.partitions.all.flatMap(({ store }) => store.verifyDisk());
      if (damage.length > 0) return damage;
      const everywhere = call.everywhere();
      return [
        ...everywhere.flatMap(({ transaction }) => checkStore(transaction, transaction.objects)),
        ...checkMail(everywhere),
      ];
    }
    const subject = subjectAt(call, bytesOf(key));
    if (subject === undefined) return [];
    return verifyMachine(call.db, subject.record.id, subject.machine);
  },
} as const satisfies Handler;
