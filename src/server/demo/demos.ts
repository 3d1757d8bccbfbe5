/** The demos there are. */
import { CHAT } from "./chat.ts";
import type { Demo } from "./demo.ts";
import { DEVICE } from "./device.ts";
import { ORDER } from "./order.ts";

export const DEMOS: readonly Demo[] = [ORDER, DEVICE, CHAT];
