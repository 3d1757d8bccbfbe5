/**
 * INFO [section [section …]]: reports on the server. `default` is what there is without a section; `all` adds the
 * figures of each command, `everything` is the same here. A section that is not known is left out.
 */
import type { Handler } from "../handler.ts";
import { INFO_SECTIONS } from "./info-sections.ts";

export const info = {
  name: "INFO",
  run: (call) => {
    const wanted = new Set(call.args.slice(1).map((word) => word.toString("latin1").toLowerCase()));
    const isAll = wanted.has("all") || wanted.has("everything");
    const isDefault = wanted.size === 0 || wanted.has("default");
    const texts = INFO_SECTIONS.filter(
      ({ title, isDefault: isInDefault }) =>
        isAll || (isDefault && isInDefault) || wanted.has(title.toLowerCase()),
    ).map(({ title, lines }) => [`# ${title}`, ...lines(call), ""].join("\r\n"));
    return { kind: "verbatim", format: "txt", text: texts.join("\r\n") };
  },
} as const satisfies Handler;
