/**
 * The machine that runs functions. The store has the libraries; here is what of them is compiled, which is made when a function
 * is called, and anew when the machine has met its bound of memory or a function was ended: variables of a library then
 * have the values they began with.
 */
import { createHash } from "node:crypto";
import * as errors from "../protocol/errors.ts";
import { readLibraryHead } from "./library-head.ts";
import { Random48 } from "./random48.ts";
import type { RegisteredFunction } from "./registration.ts";
import { type EngineOptions, newMachine, timeLimit } from "./script-engine.ts";
import type { Invocation, Outcome, ScriptMachine } from "./script-machine.ts";

/** The code of a library, and what it is known by. */
export interface LibraryCode {
  readonly name: string;
  readonly code: Buffer;
}

/** How long the code of a library may run when it is loaded, as in Redis. */
const LOADING_MS_MAX = 500;

export class FunctionEngine {
  readonly #options: EngineOptions;
  #machine: ScriptMachine | undefined;
  /** The random numbers of the machine. */
  #random = new Random48();
  /** The references of functions, by the SHA-1 of their library's code and their name. */
  readonly #compiled = new Map<string, ReadonlyMap<string, number>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Where the random numbers of scripts are: a run that is taken back is repeated with the same ones. */
  get randomState(): bigint {
    return this.#random.state;
  }

  set randomState(state: bigint) {
    this.#random.state = state;
  }

  /** Bytes of the memory of the machine. */
  get bytes(): number {
    return this.#machine?.memoryBytes ?? 0;
  }

  /** Runs the code of a library; what it registers. @throws ReplyError what is wrong with it */
  load({ code }: LibraryCode): readonly RegisteredFunction[] {
    this.forget(code);
    const functions = this.#register(code);
    if (functions.length === 0) throw errors.noFunctions();
    return functions;
  }

  /** Runs a function of a library. @throws ReplyError where the library does not have it */
  run(
    { name: library, code }: LibraryCode,
    name: string,
    invocation: Pick<Invocation, "keys" | "args" | "host">,
  ): Outcome {
    if (this.#machine === undefined || !this.#compiled.has(digest(code))) this.#register(code);
    const reference = this.#compiled.get(digest(code))?.get(name);
    if (reference === undefined) throw errors.functionNotRegistered(library, name);
    const limit = timeLimit(this.#options);
    const { keys, args, host } = invocation;
    // Its library may have kept a function of any other.
    const mayReachTables = true;
    const whole: Invocation = { reference, name, passing: "arguments", keys, args, host, mayReachTables };
    return this.#guarded((machine) => machine.call(whole, limit));
  }

  /** What is compiled of a library is not needed any more. */
  forget(code: Buffer): void {
    const references = this.#compiled.get(digest(code));
    for (const reference of references?.values() ?? []) this.#machine?.release(reference);
    this.#compiled.delete(digest(code));
  }

  /** Forgets all, and the machine with it. */
  clear(): void {
    this.#machine = undefined;
    this.#random = new Random48();
    this.#compiled.clear();
  }

  #register(code: Buffer): readonly RegisteredFunction[] {
    const head = readLibraryHead(code);
    if (typeof head === "string") throw errors.err(head);
    const limit = { ...timeLimit(this.#options), maxMs: LOADING_MS_MAX };
    const register = () => this.#guarded((machine) => machine.register(code.subarray(head.codeStart), limit));
    const isFresh = this.#machine === undefined;
    let registered = register();
    // The machine is gone, spent: what others had left in its memory may be why. A new one has all of it.
    if (registered.kind === "failure" && !isFresh && this.#machine === undefined) registered = register();
    if (registered.kind === "failure") throw errors.err(registered.message);
    const { functions } = registered;
    // A machine that is spent is gone, and what it has compiled with it.
    if (this.#machine !== undefined)
      this.#compiled.set(digest(code), new Map(functions.map(({ name, reference }) => [name, reference])));
    return functions;
  }

  /** Uses the machine; one that is spent, or that an exception has passed through, is dropped. */
  #guarded<T>(use: (machine: ScriptMachine) => T): T {
    this.#machine ??= newMachine(this.#options, "user_function", this.#random);
    const machine = this.#machine;
    try {
      const result = use(machine);
      if (machine.isSpent) this.clear();
      return result;
    } catch (error) {
      this.clear();
      throw error;
    }
  }
}

/** By the buffer, which the store hands out again and again while it has it at hand. */
const digests = new WeakMap<Buffer, string>();

function digest(code: Buffer): string {
  const known = digests.get(code);
  if (known !== undefined) return known;
  const made = createHash("sha1").update(code).digest("hex");
  digests.set(code, made);
  return made;
}
