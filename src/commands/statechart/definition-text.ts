/** The text of a definition, as SM.DEF CREATE and SM.DEF CHECK take it. */
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { ServerContext } from "../server-context.ts";

/** An argument as the text of a definition. @throws ReplyError when it is too long */
export function definitionText(server: ServerContext, bytes: Buffer): string {
  const max = server.config.get("sm-definition-bytes-max");
  if (bytes.length > max) {
    throw errors.machineLimit(`the definition has ${bytes.length} bytes`, max, "sm-definition-bytes-max");
  }
  return text(bytes, "json");
}
