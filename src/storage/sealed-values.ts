/**
 * Values as the data file has them: each with a checksum behind it, so that damage to the file is an error and never
 * passes for data. LMDB itself has none.
 */
import { crc32 } from "node:zlib";

const SEAL_BYTES = 4;

/** Damage to the data file at a path; the message is for the operator. */
export class DamageError extends Error {
  override readonly name = "DamageError";
  readonly path: string;

  constructor(path: string, what: string) {
    super(`'${path}' is damaged: ${what}; restore the directory from a backup`);
    this.path = path;
  }
}

/** A value with its checksum. */
export function sealed(value: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(value.length + SEAL_BYTES);
  value.copy(buffer);
  buffer.writeUInt32LE(crc32(value), value.length);
  return buffer;
}

/** A view of the value in what the file has, or undefined when its checksum does not agree. */
export function unsealed(stored: Buffer): Buffer | undefined {
  const length = stored.length - SEAL_BYTES;
  if (length < 0) return undefined;
  const value = stored.subarray(0, length);
  return crc32(value) === stored.readUInt32LE(length) ? value : undefined;
}
