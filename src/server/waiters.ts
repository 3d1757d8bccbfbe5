/**
 * The sessions that wait for a key to change (XREAD BLOCK and the like). A change that was committed makes the
 * waiters of its key ready, and the next turn asks each again, in the order in which they began to wait; who does not
 * get what it wants keeps its place. Those who take away what they wait for (BLPOP and the like) are asked right behind
 * the request that made the change, so that no later request is served before them. A session waits for one thing at a time and holds up its own further requests,
 * so there are never more waiters than connections, nor more keys than their requests have named.
 */

import { raw, u64 } from "../base/bytes.ts";
import { keyOfWatchName, watchName } from "../clients/session.ts";
import type { GoesOn } from "../commands/handler.ts";
import type { UnblockMode, WaiterControl } from "../commands/waiter-control.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Place } from "../keyspace/place.ts";
import { unblocked, unblockedByRoleChange } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import { SortedMap } from "../storage/sorted-map.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Turn } from "./turn.ts";
import type { WaitingRequest } from "./waiting-request.ts";

export interface Waiter {
  readonly endpoint: Endpoint;
  /** Ascending in the order of arrival. */
  readonly number: number;
  request: WaitingRequest;
  /** The answer that ends the wait whatever the keys hold: at the deadline, or by CLIENT UNBLOCK. */
  ending: Reply | undefined;
}

export interface Held {
  readonly size: number;
  isHeld(sessionId: number): boolean;
}

export class Waiters implements WaiterControl {
  readonly #bySession = new Map<number, Waiter>();
  readonly #byKey = new Map<string, Set<Waiter>>();
  /** By deadline and number. */
  readonly #byDeadline = new SortedMap<Waiter>();
  readonly #ready = new Set<Waiter>();
  /** Those whose work goes on in a later turn, and when. */
  readonly #resting = new Map<Waiter, Exclude<GoesOn, "next turn">>();
  /** Those whose next try has missed and waits to be loaded, and those behind them that want the same. */
  readonly #loading = new Set<Waiter>();
  readonly #behind = new Set<Waiter>();
  readonly #onLoaded: Array<() => void> = [];
  #latestNumber = 0;
  /** How many take something away. */
  #takerCount = 0;
  /** Told when a waiter is ready without a turn that made it so. */
  onWoken: () => void = () => undefined;
  /** Those that wait for a pause to end, which the executor keeps. */
  held: Held = { size: 0, isHeld: () => false };

  get size(): number {
    return this.#bySession.size;
  }

  /** True when a waiter is to be asked again. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** When a turn is needed for a waiter, in milliseconds since the epoch; undefined when it is not. */
  get nextDeadlineMs(): number | undefined {
    let earliestMs: number | undefined;
    for (const [, { request }] of this.#byDeadline.range(raw(""), DEADLINE_END)) {
      earliestMs = request.deadlineMs;
      break;
    }
    for (const { byMs } of this.#resting.values()) {
      if (earliestMs === undefined || byMs < earliestMs) earliestMs = byMs;
    }
    return earliestMs;
  }

  get heldCount(): number {
    return this.held.size;
  }

  isHeld(sessionId: number): boolean {
    return this.held.isHeld(sessionId);
  }

  isWaiting(sessionId: number): boolean {
    return this.#bySession.has(sessionId);
  }

  park(endpoint: Endpoint, request: WaitingRequest): void {
    this.#latestNumber += 1;
    const waiter: Waiter = { endpoint, number: this.#latestNumber, request, ending: undefined };
    this.#bySession.set(endpoint.session.id, waiter);
    this.#add(waiter);
  }

  remove(sessionId: number): void {
    const waiter = this.#bySession.get(sessionId);
    if (waiter === undefined) return;
    this.#bySession.delete(sessionId);
    waiter.endpoint.session.waitingBytes = 0;
    this.#ready.delete(waiter);
    this.#behind.delete(waiter);
    this.loaded(waiter);
    this.#withdraw(waiter);
  }

  /** A try has missed: it is tried again when that is loaded, and whoever waits for the same, having come later, behind it. */
  load(waiter: Waiter): void {
    this.#loading.add(waiter);
  }

  /** What a try has missed is loaded, or it is not needed any more. */
  loaded(waiter: Waiter): void {
    if (!this.#loading.delete(waiter)) return;
    if (this.#bySession.get(waiter.endpoint.session.id) === waiter) this.#ready.add(waiter);
    for (const each of this.#behind) this.#ready.add(each);
    this.#behind.clear();
    this.onWoken();
    for (const wake of this.#onLoaded.splice(0)) wake();
  }

  /** Resolves when one of those that have missed is to be tried again. */
  untilLoaded(): Promise<void> {
    return new Promise((resolve) => this.#onLoaded.push(resolve));
  }

  /** True for one that cannot be asked now; it is asked again when that has changed. */
  isHeldUp(waiter: Waiter): boolean {
    if (this.#loading.size === 0 || waiter.ending !== undefined) return false;
    if (this.#loading.has(waiter)) return true;
    const { keys } = waiter.request;
    for (const { number, request } of this.#loading) {
      if (number > waiter.number) continue;
      if (!keys.some((key) => request.keys.includes(key))) continue;
      this.#behind.add(waiter);
      return true;
    }
    return false;
  }

  /** Keys something of which is about to be taken: no request may come between. */
  get keysToTake(): ReadonlySet<string> {
    if (this.#loading.size === 0) return NO_KEYS;
    const keys = new Set<string>();
    for (const { request } of this.#loading)
      if (request.takes !== undefined) for (const key of request.keys) keys.add(key);
    return keys;
  }

  unblock(sessionId: number, mode: UnblockMode): boolean {
    const waiter = this.#bySession.get(sessionId);
    if (waiter === undefined || waiter.ending !== undefined) return false;
    this.#end(
      waiter,
      mode === "timeout" ? waiter.request.onTimeout : { kind: "error", message: unblocked().message },
    );
    return true;
  }

  endAll(): void {
    if (this.size === 0) return;
    const { message } = unblockedByRoleChange();
    for (const waiter of this.#bySession.values()) this.#end(waiter, { kind: "error", message });
    this.onWoken();
  }

  /** Ends the waits at keys of a partition that the server is about to lose. */
  endIn(place: Place): void {
    const { message } = unblockedByRoleChange();
    for (const waiter of this.#bySession.values())
      if (waiter.request.keys.some((name) => place.holds(keyOfWatchName(name))))
        this.#end(waiter, { kind: "error", message });
    if (this.#ready.size > 0) this.onWoken();
  }

  wake(sessionId: number): void {
    const waiter = this.#bySession.get(sessionId);
    if (waiter === undefined) return;
    this.#ready.add(waiter);
    this.onWoken();
  }

  /** Makes those ready whose keys have changed and who take nothing away: after the commit. */
  touch(changes: readonly Change[]): void {
    if (this.#byKey.size > 0) this.#touch(changes, false);
  }

  /** Makes those ready whose keys have changed and who take something away: right behind each request. */
  touchTakers(changes: readonly Change[], from: number): void {
    if (this.#takerCount > 0 && changes.length > from) this.#touch(changes.slice(from), true);
  }

  #touch(changes: readonly Change[], takes: boolean): void {
    for (const change of changes) {
      if (change.kind === "flush") this.#touchWhole([change.database], takes);
      else if (change.kind === "swap") this.#touchWhole(change.databases, takes);
      else {
        for (const waiter of this.#byKey.get(watchName(change.database, change.key)) ?? []) {
          if ((waiter.request.takes !== undefined) === takes) this.#ready.add(waiter);
        }
      }
    }
  }

  /** Ends the waits whose deadline is at or before `nowMs`, and makes those ready whose work goes on by then. */
  expire(nowMs: number): void {
    for (const [waiter, { fromMs }] of this.#resting) {
      if (fromMs > nowMs) continue;
      this.#resting.delete(waiter);
      this.#ready.add(waiter);
    }
    if (this.#byDeadline.size === 0) return;
    for (const [, waiter] of this.#byDeadline.range(raw(""), raw(u64(nowMs + 1)))) {
      if (waiter.ending === undefined) this.#end(waiter, waiter.request.onTimeout);
    }
  }

  /** Those to be asked again, in the order of their arrival; each is no longer ready. */
  takeReady(): readonly Waiter[] {
    const ready = [...this.#ready].sort((a, b) => a.number - b.number);
    this.#ready.clear();
    return ready;
  }

  /** As takeReady, those who take something away alone. */
  takeReadyTakers(): readonly Waiter[] {
    if (this.#takerCount === 0) return [];
    const ready = [...this.#ready].filter(
      ({ request, ending }) => request.takes !== undefined && ending === undefined,
    );
    for (const waiter of ready) this.#ready.delete(waiter);
    return ready.sort((a, b) => a.number - b.number);
  }

  /** One that was taken is ready as before. */
  postpone(waiter: Waiter): void {
    this.#ready.add(waiter);
  }

  /** Asks again; undefined when it goes on waiting. */
  resume(waiter: Waiter, turn: Turn): Reply | undefined {
    const resumed = waiter.request.resume(turn);
    if (resumed.kind === "reply") return resumed.reply;
    this.#withdraw(waiter);
    waiter.request = resumed.request;
    this.#add(waiter);
    return undefined;
  }

  #end(waiter: Waiter, reply: Reply): void {
    waiter.ending = reply;
    this.#ready.add(waiter);
  }

  /** Every waiter on a key of these databases that takes something away, or that does not. */
  #touchWhole(databases: readonly number[], takes: boolean): void {
    for (const waiter of this.#bySession.values()) {
      if ((waiter.request.takes !== undefined) !== takes) continue;
      if (databases.includes(waiter.endpoint.session.database)) this.#ready.add(waiter);
    }
  }

  #add(waiter: Waiter): void {
    if (waiter.request.takes !== undefined) this.#takerCount += 1;
    for (const key of waiter.request.keys) {
      const waiters = this.#byKey.get(key);
      if (waiters === undefined) this.#byKey.set(key, new Set([waiter]));
      else waiters.add(waiter);
    }
    if (waiter.request.deadlineMs !== undefined) this.#byDeadline.set(deadlineKey(waiter), waiter);
    const { goesOn } = waiter.request;
    if (goesOn === "next turn") this.#ready.add(waiter);
    else if (goesOn !== undefined) this.#resting.set(waiter, goesOn);
  }

  #withdraw(waiter: Waiter): void {
    if (waiter.request.takes !== undefined) this.#takerCount -= 1;
    for (const key of waiter.request.keys) {
      const waiters = this.#byKey.get(key);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#byKey.delete(key);
    }
    this.#resting.delete(waiter);
    if (waiter.request.deadlineMs !== undefined) this.#byDeadline.delete(deadlineKey(waiter));
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** Behind every deadline key. */
const DEADLINE_END = raw("\xff");

function deadlineKey({ request, number }: Waiter) {
  return raw(u64(request.deadlineMs ?? 0) + u64(number));
}
