import { rmSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
import type { Bench } from '../lib/groups.js';
import type { Axis, Point } from '../lib/record.js';
import { summarize } from '../lib/stats.js';

/** What a chart says of itself. */
export interface Chart {
  /** Behind `growth-`. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly note?: string;
}

export const ENTRIES: Axis = { label: 'entries', scale: 'log' };
export const REGIONS: Axis = { label: 'regions', scale: 'log' };
export const TIME: Axis = { label: 'time', scale: 'log', format: 'time' };
export const BYTES: Axis = { label: 'bytes', scale: 'log', format: 'bytes' };

/** The lines of a chart, as they come to be point by point. */
export class Curves {
  readonly #bench: Bench;
  readonly #chart: Chart;
  readonly #series = new Map<string, Point[]>();
  /** False while everything is done once for nothing, so that the first point is not that of code that was never run before. */
  counts = true;

  constructor(bench: Bench, chart: Chart) {
    this.#bench = bench;
    this.#chart = chart;
  }

  /** A further point of a series: the median of its samples. */
  add(series: string, x: number, samples: readonly number[]): void {
    if (!this.counts) return;
    const { median, low, high } = summarize(samples);
    const points = this.#series.get(series) ?? [];
    this.#series.set(series, points);
    points.push(samples.length > 1 ? { x, y: median, low, high } : { x, y: median });
  }

  /** All lines are complete. */
  show(): void {
    const { name, ...chart } = this.#chart;
    for (const [series, points] of this.#series) {
      this.#bench.line({ chart: `growth-${name}`, ...chart, series, role: 'varve', points });
    }
  }
}

/** Calls `work` with the first of some values for nothing, then with each of them. */
export async function afterWarming<T>(
  all: readonly Curves[],
  values: readonly T[],
  work: (value: T) => void | Promise<void>,
): Promise<void> {
  for (const curves of all) curves.counts = false;
  for (const value of values.slice(0, 1)) await work(value);
  for (const curves of all) curves.counts = true;
  for (const value of values) await work(value);
  for (const curves of all) curves.show();
}

/** 10 to the power of each whole number from `least` to `most`. */
export function powersOfTen(least: number, most: number): number[] {
  return Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i));
}

/** Nanoseconds an operation, of several rounds of so many each. */
export function each(rounds: number, operations: number, work: (operation: number) => void): number[] {
  let operation = 0;
  return Array.from({ length: rounds }, () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < operations; i += 1) work(operation++);
    return Number(process.hrtime.bigint() - begin) / operations;
  });
}

/** Bytes of the JavaScript heap that are in use. */
export function heapInUse(): number {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** Removes files that the next step has no use for. */
export function remove(...paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}
