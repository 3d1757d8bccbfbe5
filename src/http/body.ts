/** The body of a request: its type, its size and its JSON. */
import type { Json } from "../base/json.ts";
import { badRequest } from "./problem.ts";

/**
 * The text of a JSON body; undefined when there is none. A form of another page cannot send this type without asking
 * first, which it is not allowed to.
 * @throws Problem 413, 415, 422
 */
export async function bodyText(request: Request, bytesMax: number): Promise<string | undefined> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null || length === "0") return undefined;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const isJson = type === "application/json" || type?.endsWith("+json") === true;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  if (!isJson) throw badRequest(415, "the body must be JSON: set content-type to application/json");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw badRequest(422, "the body is not UTF-8");
  }
}

function tooLarge(bytesMax: number) {
  return badRequest(413, `the body is longer than ${bytesMax} bytes (http-body-bytes-max)`);
}

/** @throws Problem 422 */
export function parseBody(text: string): Json {
  try {
    // Whatever JSON.parse returns is a JSON value.
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(422, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
