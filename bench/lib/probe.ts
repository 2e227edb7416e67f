/** Some 30 µs: long beside the clock, short beside a round. */
const STEPS = 20_000;
/** Calls after which the optimising compiler is done. */
const WARM_UP = 300;
/** Where the result goes, so that the compiler may not leave the work out. */
const used = new Float64Array(1);

/** Six chains that have little to do with each other: as much at a time as the core can do. bench/c/probe.h is the same in C. */
function spin(steps: number): number {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  let e = 5;
  let f = 6;
  for (let i = 0; i < steps; i++) {
    a = (a + i) ^ b;
    c = (c + i) ^ d;
    e = (e + i) ^ f;
    b = ((b ^ i) + 1) | 0;
    d = ((d ^ i) + 3) | 0;
    f = ((f ^ i) + 7) | 0;
  }
  return a ^ b ^ c ^ d ^ e ^ f;
}

let compiled = false;

/** Nanoseconds of the probe: work of a known amount, which takes longer while somebody else works on the other half of the core. */
export function probe(): number {
  if (!compiled) for (let i = 0; i < WARM_UP; i++) used[0] = spin(STEPS);
  compiled = true;
  const begin = process.hrtime.bigint();
  used[0] = spin(STEPS);
  return Number(process.hrtime.bigint() - begin);
}
