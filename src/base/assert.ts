/**
 * Asserts a fact that only a bug of ours can break.
 * @throws Error with the message given when the condition is false.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Marks a branch that the types prove unreachable. @throws Error always. */
export function unreachable(value: never): never {
  throw new Error(`unreachable value: ${JSON.stringify(value)}`);
}
