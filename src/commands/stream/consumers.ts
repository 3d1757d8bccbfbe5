/** The consumer a request is made for. */
import { type Consumer, createConsumer, findConsumer } from "../../streams/consumers.ts";
import { saveStream } from "../../streams/streams.ts";
import type { StreamAndGroup } from "./streams.ts";

/** The consumer of a name, made if missing, marked as seen; the group is to be saved afterwards. */
export function seenConsumer({ stream, group }: StreamAndGroup, name: Buffer): Consumer {
  let consumer = findConsumer(stream, group, name);
  if (consumer === undefined) {
    consumer = createConsumer(stream, group, name);
    saveStream(stream, "xgroup-createconsumer");
  }
  consumer.seenMs = stream.db.nowMs;
  return consumer;
}
