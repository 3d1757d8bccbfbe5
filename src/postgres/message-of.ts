/** The text of an error of `pg`. */
export function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses has its texts inside.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
