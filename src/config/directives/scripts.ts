/** Scripts: how long and how large they may become. */
import { directive } from "../directive.ts";
import { integer, memory } from "../scalar-types.ts";

export const SCRIPTS = {
  "busy-reply-threshold": directive(
    integer({ unit: "milliseconds" }),
    5000,
    "How long a script may run before it is ended and what it did is undone; 0: for ever.",
    { aliases: ["lua-time-limit"] },
  ),
  "sm-script-memory-max": directive(
    memory({ min: 32 * 1024 * 1024, max: 2 * 1024 * 1024 * 1024 }),
    256 * 1024 * 1024,
    "Memory all scripts may take; one that needs more is ended and what it did is undone.",
    { immutable: true },
  ),
};
