import type { Axis, Measured, Unit } from '../lib/record.js';
import type { Summary } from '../lib/stats.js';

/** Three digits or more. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4);
}

/** A value with its unit, in the unit that keeps it short. */
export function quantity(value: number, unit: Unit): string {
  if (unit === 'ns' || unit === 'us' || unit === 'ms') return time(value * NANOSECONDS[unit]);
  if (unit === 'MiB') return `${digits(value)} MiB`;
  return `${digits(value)} B`;
}

const NANOSECONDS = { ns: 1, us: 1e3, ms: 1e6 };

function time(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${digits(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${digits(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 1e9) return `${digits(nanoseconds / 1e6)} ms`;
  return `${digits(nanoseconds / 1e9)} s`;
}

/** The quartiles in the unit of the median, and what all rounds say, in brackets; without the quartiles where there was one round only. */
export function spread(value: Measured, unit: Unit): string {
  return bracketed(
    quartiles(value, unit),
    ofAll(value, (median) => quantity(median, unit)),
  );
}

function quartiles({ low, high, median }: Summary, unit: Unit): string {
  if (low === high) return '';
  const number = Number.parseFloat(quantity(median, unit));
  const scale = number === 0 ? 1 : number / median;
  return `${digits(low * scale)}–${digits(high * scale)}`;
}

/**
 * What is to be said of a figure of calm rounds, or of too few of them; nothing where nobody knows of calm rounds.
 *
 * @param text of the same figure of all rounds
 */
export function ofAll({ calm, all }: Measured, text: (median: number) => string): string {
  if (calm === undefined) return '';
  return all === undefined ? 'all rounds, too few calm' : `all rounds: ${text(all)}`;
}

/** Several remarks in brackets, behind a figure. */
export function bracketed(...remarks: readonly string[]): string {
  const some = remarks.filter((remark) => remark !== '');
  return some.length === 0 ? '' : ` (${some.join('; ')})`;
}

/** How many of its rounds were calm. */
export function share(calm: number): string {
  return `${Math.round(calm * 100)} %`;
}

/** Entries a second, from nanoseconds an entry. */
export function rate(nanoseconds: number): string {
  const perSecond = 1e9 / nanoseconds;
  if (perSecond >= 1e6) return `${digits(perSecond / 1e6)} M/s`;
  if (perSecond >= 1e3) return `${digits(perSecond / 1e3)} k/s`;
  return `${digits(perSecond)} /s`;
}

/** What stands at a tick of an axis. */
export function tick(value: number, format: Axis['format'] = 'count'): string {
  if (format === 'time') return value === 0 ? '0' : scaled(value, 1000, [' ns', ' µs', ' ms', ' s']);
  if (format === 'bytes') return scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
  return scaled(value, 1000, ['', ' k', ' M', ' G']);
}

function scaled(value: number, step: number, names: readonly string[]): string {
  let power = 0;
  while (value >= step && power < names.length - 1) {
    value /= step;
    power += 1;
  }
  return `${Number(value.toPrecision(3))}${names[power]}`;
}
