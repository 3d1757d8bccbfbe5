/** redlock 4 has no types of its own: what the tests use of it. */
declare module "redlock" {
  import type { Redis } from "ioredis";

  export interface Lock {
    extend(milliseconds: number): Promise<Lock>;
    unlock(): Promise<void>;
  }

  export default class Redlock {
    constructor(clients: readonly Redis[], options: { readonly retryCount: number });
    lock(resource: string | readonly string[], milliseconds: number): Promise<Lock>;
    unlock(lock: Lock): Promise<void>;
  }
}
