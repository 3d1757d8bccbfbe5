/** How a run ends in the middle, and what its client reads then. */

/** The time of a script is up. */
export class TimeUp extends Error {}

/** Why a library was not registered to its end. @throws the error that is none of its doing */
export function endOfRegistering(error: unknown): string {
  if (error instanceof TimeUp) return "ERR FUNCTION LOAD timeout";
  if (error instanceof RangeError) return "ERR stack overflow";
  throw error;
}

/** Why a run has ended in the middle. @throws the error that is none of the script's doing */
export function endOf(error: unknown, { maxMs }: { readonly maxMs: number }): string {
  if (error instanceof TimeUp) {
    return `the script ran for more than ${maxMs} ms (busy-reply-threshold) and was ended; nothing it did was kept`;
  }
  // Calls within Lua's C functions are nested too deep, as those of patterns can be.
  if (error instanceof RangeError) return "stack overflow; nothing the script did was kept";
  throw error;
}
