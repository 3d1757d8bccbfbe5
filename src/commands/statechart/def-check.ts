/** SM.DEF CHECK json: what is wrong with a definition and what looks wrong, each with its JSON path. */
import { check } from "../../engine/check.ts";
import { map } from "../../protocol/reply.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { parseJson } from "./chart-cache.ts";

export const smDefCheck = {
  name: "SM.DEF|CHECK",
  run: ({ args }) => {
    const parsed = parseJson(text(argument(args, 2)));
    const findings = parsed.ok
      ? check(parsed.value)
      : [{ severity: "error", path: "$", message: parsed.reason } as const];
    return findings.map(({ severity, path, message }) =>
      map([
        ["severity", severity],
        ["path", path],
        ["message", message],
      ]),
    );
  },
} as const satisfies Handler;
