import { onTestFinished } from "vitest";
import { EventClient } from "./event-client.ts";

/** Follows changes of machines by HTTP at an address; what it has begun ends with the test, before what was begun earlier. */
export function follower(url: string) {
  return (path: string, lastId?: string): EventClient => {
    const client = new EventClient(url, `/api/v1/changes${path}`, lastId);
    onTestFinished(() => client.close());
    return client;
  };
}
