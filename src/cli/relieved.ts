import { roundsOfEventLoop } from "../base/event-loop.ts";
import type { Store } from "../keyspace/store.ts";

/** Checkpoints go on between commits; when the disk does not keep up, they are waited for. */
export async function relieved(store: Pick<Store, "isCongested" | "onRelieved">): Promise<void> {
  await roundsOfEventLoop(1);
  while (store.isCongested) {
    await new Promise<void>((resolve) => {
      store.onRelieved(resolve);
      if (!store.isCongested) resolve();
    });
  }
}
