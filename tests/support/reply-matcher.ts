/**
 * Finds to which request each reply of a connection belongs, for tests that look at bytes, and has it checked
 * (`reply-checker.ts`). What comes without being asked for, and the confirmations of subscriptions, of which a request
 * has none, one or many, say themselves what they are.
 */
import { exerciseRecorder } from "./exercised-commands.ts";
import { replyChecker } from "./reply-checker.ts";
import { validateReply } from "./reply-schema.ts";
import { type Decoded, decodeReply, Push } from "./resp-decoder.ts";

type Request = ReadonlyArray<string | number | Buffer>;

const CONFIRMATIONS: ReadonlySet<unknown> = new Set(
  ["", "p", "s"].flatMap((kind) => [`${kind}subscribe`, `${kind}unsubscribe`]),
);
const UNASKED: ReadonlySet<unknown> = new Set(["message", "pmessage", "smessage"]);

interface Open {
  readonly request: Request;
  /** Of a subscription: nothing is owed to it any more, though confirmations may come. */
  isSettled: boolean;
}

const recorder = exerciseRecorder();

export class ReplyMatcher {
  readonly #check = replyChecker();
  #rest = Buffer.alloc(0);
  /** Requests whose replies are to come, in order. */
  readonly #open: Open[] = [];
  /** Whether requests are replied to: CLIENT REPLY. */
  #reply: "on" | "off" | "skip" = "on";
  /** Subscriptions: in RESP2 messages are then told by their first word. */
  #subscriptions = 0;
  /** A transaction that subscribes puts confirmations where EXEC's reply has its items: nothing is certain after it. */
  #isLost = false;

  /** A request that follows what has been received: confirmations of a subscription have come, all of them. */
  sent(request: Request): void {
    while (this.#open[0]?.isSettled === true) this.#open.shift();
    const [name, second, mode] = request.map((word) => String(word).toLowerCase());
    const isReply = name === "client" && second === "reply" && request.length === 3;
    if (isReply && (mode === "on" || mode === "off")) this.#reply = mode;
    if (name === "reset" && this.#reply === "off") this.#reply = "on";
    const isSkip = isReply && mode === "skip" && this.#reply === "on";
    const isSilent = isSkip || this.#reply !== "on";
    if (!isSilent || isSubscription(request)) this.#open.push({ request, isSettled: isSilent });
    if (this.#reply === "skip") this.#reply = "on";
    if (isSkip) this.#reply = "skip";
  }

  /** @throws Error for a reply that is not as declared */
  received(bytes: Buffer): void {
    if (this.#isLost) return;
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const parsed = decodeReply(this.#rest);
      if (parsed === undefined) return;
      this.#rest = this.#rest.subarray(parsed.end);
      this.#match(parsed.value);
    }
  }

  #match(value: Decoded): void {
    const isPush = value instanceof Push;
    const items = isPush ? value.items : Array.isArray(value) ? value : [];
    const [head] = this.#open;
    const subscription = head !== undefined && isSubscription(head.request) ? head : undefined;
    const isSubscribed = isPush || this.#subscriptions > 0;
    if ((isSubscribed || subscription !== undefined) && CONFIRMATIONS.has(items[0])) {
      const kind = String(items[0]);
      validateReply(kind, items, isPush ? 3 : 2);
      recorder.record(kind.toUpperCase());
      this.#subscriptions = Number(items[2]);
      if (subscription !== undefined) subscription.isSettled = true;
    } else if (!isPush && !(isSubscribed && UNASKED.has(items[0]))) {
      this.#answer(value);
    }
  }

  #answer(value: Decoded): void {
    const head = this.#open.shift();
    if (head === undefined || head.isSettled)
      throw new Error(`a reply to no request: ${JSON.stringify(value)}`);
    const { request } = head;
    if (value === "QUEUED" && isSubscription(request)) this.#isLost = true;
    this.#check(request, value);
    if (value === "RESET") this.#subscriptions = 0;
  }
}

function isSubscription(request: Request): boolean {
  return CONFIRMATIONS.has(String(request[0]).toLowerCase());
}
