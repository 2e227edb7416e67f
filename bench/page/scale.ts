import type { Axis } from '../lib/record.js';

/** From values to places in a picture, and the values that get a tick. */
export interface Scale {
  /** Where a value stands, from 0 (the least) to 1. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

const MOST_TICKS = 8;

/** A scale that all the values fit on. Logarithmic ones leave out what is not above 0. */
export function scaleOf({ scale, format }: Axis, values: readonly number[]): Scale {
  const usable = scale === 'log' ? values.filter((value) => value > 0) : [...values, 0];
  if (usable.length === 0) return { at: () => 0, ticks: [] };
  const [least, most] = [Math.min(...usable), Math.max(...usable)];
  return scale === 'log' ? logarithmic(least, most, format === 'bytes' ? 2 : 10) : linear(least, most);
}

function logarithmic(least: number, most: number, base: 2 | 10): Scale {
  const power = (value: number) => Math.log(value) / Math.log(base);
  const steps = base === 2 ? [1] : [1, 2, 5];
  const bounds = ladder(Math.floor(power(least)), Math.ceil(power(most)) + 1, base, steps);
  const low = bounds.findLast((value) => value <= least * NEARLY) ?? least;
  const high = bounds.find((value) => value >= most / NEARLY && value > low) ?? most;
  const span = power(high) - power(low);
  // Over many decades every so many of their powers, over two or less the steps between them too.
  const every = Math.ceil(span / MOST_TICKS);
  const ticks = ladder(
    Math.floor(power(low) + 1e-9),
    Math.ceil(power(high)),
    base,
    span <= 2 ? steps : [1],
    every,
  );
  return {
    at: (value) => (power(value) - power(low)) / span,
    ticks: ticks.filter((value) => value >= low / NEARLY && value <= high * NEARLY),
  };
}

/** What floating point makes of a power. */
const NEARLY = 1 + 1e-9;

/** Steps of every so many powers. */
function ladder(from: number, to: number, base: number, steps: readonly number[], every = 1): number[] {
  const values: number[] = [];
  for (let exponent = from; exponent <= to; exponent += every) {
    for (const step of steps) values.push(step * base ** exponent);
  }
  return values;
}

function linear(least: number, most: number): Scale {
  const span = most - least || 1;
  const rough = span / (MOST_TICKS - 2);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) ?? 10);
  const low = Math.floor(least / step) * step;
  const high = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return { at: (value) => (value - low) / (high - low), ticks };
}
