/** The lines of a file, from a place on, read piece by piece. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fileFault } from "../base/file-fault.ts";
import { OpenError } from "../storage/ordered-store.ts";

const PIECE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
/** A longer line is none that an export has. */
const LINE_BYTES_MAX = 512 * 1024 * 1024;

export interface LineFile {
  /** 0: not known, as of a pipe. */
  readonly bytes: number;
  /** Whether its last line has no end; false where that is not known. */
  readonly isCut: boolean;
  /** Without line breaks; a last line without one counts too. */
  lines(): Generator<Buffer>;
  close(): void;
}

/** @throws OpenError */
export function openLines(path: string, from: number): LineFile {
  const descriptor = path === "-" ? 0 : opened(path);
  const { size } = fstatSync(descriptor);
  return {
    bytes: path === "-" ? 0 : size,
    isCut: path !== "-" && size > 0 && !endsWithLineFeed(descriptor, path, size),
    lines: () => linesOf(descriptor, path, path === "-" ? undefined : from),
    close: () => closeSync(descriptor),
  };
}

function endsWithLineFeed(descriptor: number, path: string, size: number): boolean {
  const last = Buffer.alloc(1);
  return readInto(last, descriptor, path, size - 1) === 0 || last[0] === LINE_FEED;
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new OpenError(`cannot open '${path}': ${fileFault(error)}`);
  }
}

/** The number of bytes that were read; 0 at the end. */
function readInto(piece: Buffer, descriptor: number, path: string, position: number | undefined): number {
  try {
    return readSync(descriptor, piece, 0, piece.length, position ?? null);
  } catch (error) {
    throw new OpenError(`cannot read '${path}': ${fileFault(error)}`);
  }
}

function* linesOf(descriptor: number, path: string, from: number | undefined): Generator<Buffer> {
  let position = from;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const count = readInto(piece, descriptor, path, position);
    if (count === 0) break;
    if (position !== undefined) position += count;
    let at = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1 && end < count; end = piece.indexOf(LINE_FEED, at)) {
      yield Buffer.concat([...begun, piece.subarray(at, end)]);
      begun = [];
      begunBytes = 0;
      at = end + 1;
    }
    begun.push(piece.subarray(at, count));
    begunBytes += count - at;
    if (begunBytes > LINE_BYTES_MAX) throw new OpenError(`a line has more than ${LINE_BYTES_MAX} bytes`);
  }
  if (begunBytes > 0) yield Buffer.concat(begun);
}
