/**
 * Scripts by their SHA-1, and the machine that runs them. The machine is made when the first script comes, and anew
 * when one has met the bound of memory. Of scripts that EVAL brought the latest are kept; those of SCRIPT LOAD stay
 * until SCRIPT FLUSH, and are bounded in bytes.
 */
import { createHash } from "node:crypto";
import type { Config } from "../config/config.ts";
import * as errors from "../protocol/errors.ts";
import { mayReachTables } from "./protection.ts";
import { Random48 } from "./random48.ts";
import {
  type Invocation,
  type MachineOptions,
  type Outcome,
  ScriptMachine,
  type TimeLimit,
} from "./script-machine.ts";
import { readScriptHead, type ScriptFlag } from "./shebang.ts";

export interface Script {
  readonly sha: string;
  readonly code: Buffer;
  readonly codeStart: number;
  /** What its first line says; undefined: it has none. */
  readonly flags: ReadonlySet<ScriptFlag> | undefined;
  /** SCRIPT LOAD has brought it. */
  readonly isLoaded: boolean;
  readonly mayReachTables: boolean;
}

export interface EngineOptions {
  readonly config: Config;
  readonly redisVersion: string;
  readonly monotonicMs: () => number;
}

/** How many scripts of EVAL are kept, as in Redis 7.4, and how many bytes all scripts may have. */
const EVALUATED_MAX = 500;
const SCRIPT_BYTES_MAX = 32 * 1024 * 1024;

/** How long a script or function may run. */
export function timeLimit({ config, monotonicMs }: EngineOptions): TimeLimit {
  return { maxMs: config.values["busy-reply-threshold"], now: monotonicMs };
}

export function newMachine(
  { config, redisVersion }: EngineOptions,
  codeName: MachineOptions["codeName"],
  random: Random48,
): ScriptMachine {
  const memoryMax = config.values["sm-script-memory-max"];
  return new ScriptMachine({ memoryMax, redisVersion, codeName, random });
}

export class ScriptEngine {
  readonly #options: EngineOptions;
  /** Those used longest ago first. */
  readonly #scripts = new Map<string, Script>();
  #evaluatedCount = 0;
  #bytes = 0;
  /** The script found last, which is the one used last. */
  #latest: Script | undefined;
  #machine: ScriptMachine | undefined;
  /** The random numbers of the machine. */
  #random = new Random48();
  /** What the machine has compiled, by SHA-1. */
  readonly #compiled = new Map<string, number>();

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

  get count(): number {
    return this.#scripts.size;
  }

  /** Bytes of the scripts that are kept, and of the memory of the machine. */
  get bytes(): { readonly scripts: number; readonly machine: number } {
    return { scripts: this.#bytes, machine: this.#machine?.memoryBytes ?? 0 };
  }

  /** The script of a SHA-1 in any case. */
  find(sha: string): Script | undefined {
    if (this.#latest?.sha === sha) return this.#latest;
    const script = this.#scripts.get(sha.toLowerCase());
    if (script === undefined) return undefined;
    this.#scripts.delete(script.sha);
    this.#scripts.set(script.sha, script);
    this.#latest = script;
    return script;
  }

  /** The script of a text, kept from here on. @throws ReplyError when it does not compile, or is too much */
  add(code: Buffer, isLoaded: boolean): Script {
    const sha = createHash("sha1").update(code).digest("hex");
    const known = this.find(sha);
    if (known !== undefined && (known.isLoaded || !isLoaded)) return known;
    const head = readScriptHead(code);
    if (typeof head === "string") throw errors.err(head);
    const script = { sha, code: Buffer.from(code), ...head, isLoaded, mayReachTables: mayReachTables(code) };
    if (known !== undefined) this.#forget(known);
    this.#makeRoom(code.length);
    this.#reference(script);
    this.#scripts.set(sha, script);
    this.#latest = script;
    this.#bytes += code.length;
    if (!isLoaded) this.#evaluatedCount += 1;
    return script;
  }

  /** Forgets all scripts, and the machine with them. */
  flush(): void {
    this.#scripts.clear();
    this.#latest = undefined;
    this.#bytes = 0;
    this.#evaluatedCount = 0;
    this.#drop();
  }

  run(script: Script, { keys, args, host }: Pick<Invocation, "keys" | "args" | "host">): Outcome {
    const reference = this.#reference(script);
    const limit = timeLimit(this.#options);
    // Field by field: a spread beside new fields takes a microsecond or two.
    const { sha: name, mayReachTables } = script;
    const invocation: Invocation = {
      reference,
      name,
      passing: "globals",
      keys,
      args,
      host,
      mayReachTables,
    };
    return this.#guarded((machine) => machine.call(invocation, limit));
  }

  /** The script as the machine has it compiled. @throws ReplyError when it does not compile */
  #reference(script: Script): number {
    const compiled = this.#compiled.get(script.sha);
    if (compiled !== undefined && this.#machine !== undefined) return compiled;
    const reference = this.#guarded((machine) => machine.compile(script.code.subarray(script.codeStart)));
    if (typeof reference === "string")
      throw errors.err(`Error compiling script (new function): ${reference}`);
    this.#compiled.set(script.sha, reference);
    return reference;
  }

  /** Uses the machine; one that is spent, or that an exception has passed through, is dropped. */
  #guarded<T>(use: (machine: ScriptMachine) => T): T {
    this.#machine ??= newMachine(this.#options, "user_script", this.#random);
    const machine = this.#machine;
    try {
      const result = use(machine);
      if (machine.isSpent) this.#drop();
      return result;
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #drop(): void {
    this.#machine = undefined;
    this.#random = new Random48();
    this.#compiled.clear();
  }

  /** @throws ReplyError when what is loaded leaves none */
  #makeRoom(bytes: number): void {
    for (const script of this.#scripts.values()) {
      if (this.#evaluatedCount < EVALUATED_MAX && this.#bytes + bytes <= SCRIPT_BYTES_MAX) return;
      if (!script.isLoaded) this.#forget(script);
    }
    if (this.#bytes + bytes > SCRIPT_BYTES_MAX) throw errors.scriptsTooLarge(SCRIPT_BYTES_MAX);
  }

  #forget(script: Script): void {
    this.#scripts.delete(script.sha);
    if (this.#latest === script) this.#latest = undefined;
    this.#bytes -= script.code.length;
    if (!script.isLoaded) this.#evaluatedCount -= 1;
    const reference = this.#compiled.get(script.sha);
    if (reference !== undefined) this.#machine?.release(reference);
    this.#compiled.delete(script.sha);
  }
}
