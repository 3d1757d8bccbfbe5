/** The random numbers of scripts, those of drand48 as Redis has them: from one beginning on, or from a seed. */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const LOW_BITS = 0x330en;

export class Random48 {
  /** Set to what it was, it repeats the numbers since. */
  state = 0x1234abcd330en;

  seed(value: number): void {
    this.state = (BigInt.asUintN(32, BigInt(Math.trunc(value))) << 16n) | LOW_BITS;
  }

  /** A number from 0 to 2^31 - 1. */
  next(): number {
    this.state = BigInt.asUintN(48, this.state * MULTIPLIER + INCREMENT);
    return Number(this.state >> 17n);
  }
}
