/** SM.TEMPLATE: a blank machine as JSON, to be filled in. */
import type { Handler } from "../handler.ts";
import { isModuleMode } from "./map-machine.ts";

export const smTemplate = {
  name: "SM.TEMPLATE",
  run: (call) => {
    const reason = isModuleMode(call) ? ',"reason":""' : "";
    return `{"current":"","map":{},"initial":""${reason}}`;
  },
} as const satisfies Handler;
