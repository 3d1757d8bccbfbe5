/** MurmurHash64A, with the seed that Redis hashes elements of a HyperLogLog with. */
const SEED = 0xadc83b19n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SHIFT = 47n;

export function hash64(bytes: Buffer): bigint {
  let hash = SEED ^ times(BigInt(bytes.length));
  const tail = bytes.length & 7;
  const end = bytes.length - tail;
  for (let at = 0; at < end; at += 8) {
    const block = times(bytes.readBigUInt64LE(at));
    hash = times(hash ^ times(block ^ (block >> SHIFT)));
  }
  if (tail > 0) {
    let rest = 0n;
    for (let index = tail - 1; index >= 0; index -= 1) rest = (rest << 8n) | BigInt(bytes[end + index] ?? 0);
    hash = times(hash ^ rest);
  }
  hash = times(hash ^ (hash >> SHIFT));
  return hash ^ (hash >> SHIFT);
}

function times(value: bigint): bigint {
  return BigInt.asUintN(64, value * MULTIPLIER);
}
