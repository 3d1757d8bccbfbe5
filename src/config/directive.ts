/** The entry of a directive in the table. */
import type { ValueType } from "./value-type.ts";

export interface Directive<T> {
  readonly type: ValueType<T>;
  readonly default: T;
  /** One sentence for the documentation. */
  readonly summary: string;
  /** Other names it answers to, each listed by CONFIG GET in its own right. */
  readonly aliases: readonly string[];
  /** False when CONFIG SET refuses it: it takes part in start-up alone. */
  readonly isMutable: boolean;
  /** True when it is an instruction of the file, not a value: CONFIG GET and SET do not know it. */
  readonly isFileOnly: boolean;
  /** True when CONFIG GET shows it only to who asks for its name, as Redis does with some. */
  readonly isHidden: boolean;
  /** True when its value must not reach logs. */
  readonly isSensitive: boolean;
  /** True when CONFIG SET to the value it has is news too: it names something that may have changed, such as a file. */
  readonly isReloaded: boolean;
  /** True when listening sockets change with it: CONFIG SET is answered when they have. */
  readonly rebinds: boolean;
  /** True when Detent accepts and remembers it for compatibility, and does nothing with it. */
  readonly hasNoEffect: boolean;
  /** Why no value but the default is accepted: acting as if it had been granted would be harmful. */
  readonly refusal: string | undefined;
}

export interface DirectiveOptions {
  readonly aliases?: readonly string[];
  readonly immutable?: true;
  readonly fileOnly?: true;
  readonly sensitive?: true;
  readonly hidden?: true;
  readonly noEffect?: true;
  readonly reloaded?: true;
  readonly rebinds?: true;
  readonly refusal?: string;
}

/** An entry of the table: mutable, visible and effective unless `options` say otherwise. */
export function directive<T>(
  type: ValueType<T>,
  defaultValue: NoInfer<T>,
  summary: string,
  options: DirectiveOptions = {},
): Directive<T> {
  return {
    type,
    default: defaultValue,
    summary,
    aliases: options.aliases ?? [],
    isMutable: options.immutable !== true && options.fileOnly !== true,
    isFileOnly: options.fileOnly === true,
    isHidden: options.hidden === true,
    isSensitive: options.sensitive === true,
    isReloaded: options.reloaded === true,
    rebinds: options.rebinds === true,
    hasNoEffect: options.noEffect === true,
    refusal: options.refusal,
  };
}

export const IMMUTABLE = { immutable: true } as const;
export const RELOADED = { reloaded: true } as const;
export const NO_EFFECT = { noEffect: true } as const;
/** Accepted for compatibility, at start only. */
export const NO_EFFECT_IMMUTABLE = { noEffect: true, immutable: true } as const;
