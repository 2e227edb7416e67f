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

function logarithmic(least: number, most: number, base: number): Scale {
  const power = (value: number) => Math.log(value) / Math.log(base);
  const low = Math.floor(power(least) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(power(most) - 1e-9));
  const every = Math.ceil((high - low) / MOST_TICKS);
  const ticks: number[] = [];
  for (let exponent = low; exponent <= high; exponent += every) {
    ticks.push(base ** exponent);
    // One decade or two: the powers alone would say too little.
    if (base === 10 && high - low <= 2 && exponent < high) ticks.push(2 * 10 ** exponent, 5 * 10 ** exponent);
  }
  return { at: (value) => (power(Math.max(value, least)) - low) / (high - low), ticks };
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
