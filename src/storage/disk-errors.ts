/** Errors of the disk, as the journal and the data file meet them. */

/** As Node names them and as LMDB numbers them. */
const NO_SPACE_CODES = new Set<unknown>(["ENOSPC", "EDQUOT", 28, 122]);

/** What an operator reads of an error of the disk. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isNoSpace(error) ? `the disk is full (${message})` : message;
}

/** True for an error after which nothing written before is in doubt, and a later write may succeed. */
export function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && NO_SPACE_CODES.has(error.code);
}
