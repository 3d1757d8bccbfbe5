/** How many different elements registers stand for, by Ertl's estimator ("New cardinality estimation algorithms for HyperLogLog sketches"). */
const ALPHA = 0.7213475204444817;
/** Bits of the hash behind the index. */
const HASH_BITS = 50;

export function estimate(registers: Uint8Array): bigint {
  const count = registers.length;
  const histogram = new Uint32Array(64);
  for (const value of registers) histogram[value] = (histogram[value] ?? 0) + 1;
  let z = count * tau((count - (histogram[HASH_BITS + 1] ?? 0)) / count);
  for (let value = HASH_BITS; value >= 1; value -= 1) z = (z + (histogram[value] ?? 0)) * 0.5;
  z += count * sigma((histogram[0] ?? 0) / count);
  return BigInt(Math.round((ALPHA * count * count) / z));
}

function sigma(given: number): number {
  if (given === 1) return Number.POSITIVE_INFINITY;
  let x = given;
  let y = 1;
  let z = x;
  for (let before = Number.NaN; before !== z; ) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(given: number): number {
  if (given === 0 || given === 1) return 0;
  let x = given;
  let y = 1;
  let z = 1 - x;
  for (let before = Number.NaN; before !== z; ) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
