/** The handlers of the connection group. */
import type { Handler } from "../handler.ts";
import { ping } from "./ping.ts";
import { select } from "./select.ts";

export const CONNECTION_HANDLERS: readonly Handler[] = [ping, select];
