/** Libraries of functions as FUNCTION DUMP returns them and FUNCTION RESTORE takes them: the code of each behind its type. */
import * as errors from "../protocol/errors.ts";
import { openDump, sealLibraries } from "./payload.ts";
import { RdbFault, RdbReader } from "./rdb-reader.ts";
import { rdbString } from "./rdb-writer.ts";

const LIBRARY = 0xf5;

export function dumpLibraries(codes: Iterable<Buffer>): Buffer {
  const parts: Buffer[] = [];
  for (const code of codes) parts.push(Buffer.of(LIBRARY), rdbString(code));
  return sealLibraries(parts);
}

/** The codes of the libraries in a payload. @throws ReplyError when it is none */
export function readDumpedLibraries(payload: Buffer): Buffer[] {
  const reader = new RdbReader(openDump(payload));
  const codes: Buffer[] = [];
  try {
    while (!reader.isAtEnd) {
      if (reader.byte() !== LIBRARY) throw errors.notALibrary();
      codes.push(reader.string());
    }
  } catch (error) {
    if (error instanceof RdbFault) throw errors.libraryPayload();
    throw error;
  }
  return codes;
}
