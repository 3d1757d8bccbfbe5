/** Errors that the server answers with, told apart by their code. */
import type { Connection } from "./connection.ts";
import { acceptedIn, type FalseGuard, guardsIn } from "./refusal-text.ts";

const REFUSAL_CODES = [
  "ILLEGAL",
  "GUARD",
  "REJECTED",
  "INVARIANT",
  "DONE",
  "SUSPENDED",
  "DUPID",
  "STALE",
  "EXECFAIL",
  "NOMACHINE",
  "UNMET",
] as const;

/** Codes by which a machine refuses an event; UNMET is the client's: `ifState` or `ifRev` did not hold. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** All that the methods of the client are answered with. The server has more: docs/errors.md. */
export type ErrorCode =
  | RefusalCode
  | "NODEF"
  | "NOSTATE"
  | "NOUNDO"
  | "DEFEXISTS"
  | "DEFINUSE"
  | "INVALIDDEF"
  | "STRANDED"
  | "WRONGTYPE"
  | "MISCONF"
  | "NOAUTH"
  | "NOPERM"
  | "OOM"
  | "LIMIT"
  | "LOADING"
  | "ERR";

const REFUSALS: ReadonlySet<string> = new Set<RefusalCode>(REFUSAL_CODES);

/** An error reply: `message` is its text, `code` the first word of it, `cause` the error of the connection. */
export class DetentError extends Error {
  override readonly name = "DetentError";
  readonly code: ErrorCode | (string & {});

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.code = message.slice(0, `${message} `.indexOf(" "));
  }

  /** True when a machine refused an event: nothing is wrong with the connection, the server or the request. */
  get isRefusal(): boolean {
    return REFUSALS.has(this.code);
  }

  /** Of ILLEGAL: the events that the machine accepts instead, the first twenty. */
  get accepted(): readonly string[] {
    return acceptedIn(this.message);
  }

  /** Of GUARD and INVARIANT: the guards that were false, or the invariant, with the values they read. */
  get guards(): readonly FalseGuard[] {
    return guardsIn(this.message);
  }

  /** What those guards read, by path. */
  get values(): { readonly [path: string]: unknown } {
    return Object.assign({}, ...this.guards.map(({ values }) => values));
  }
}

/** A connection whose error replies are a `DetentError`. What fails otherwise is thrown as it was. */
export function withTypedErrors(connection: Connection): Connection {
  const { callAt } = connection;
  const typed = async (reply: Promise<unknown>): Promise<unknown> => {
    try {
      return await reply;
    } catch (error) {
      throw error instanceof Error && error.name === "ReplyError"
        ? new DetentError(error.message, error)
        : error;
    }
  };
  return {
    call: (command, ...args) => typed(connection.call(command, ...args)),
    callAt: callAt && ((slot, command, ...args) => typed(callAt(slot, command, ...args))),
    duplicate: () => withTypedErrors(connection.duplicate()),
    disconnect: () => connection.disconnect(),
    on: (event, listener) => connection.on?.(event, listener),
  };
}
