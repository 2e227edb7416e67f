import { cpus, loadavg } from 'node:os';
import { quantity, rate, share, spread } from '../page/format.js';
import { ratioOf } from '../page/tables.js';
import type { Comparison, Other, Unit } from './record.js';

/** Says what is measured, where and when. */
export function printHead(name: string): void {
  const busy = loadavg()[0] ?? 0;
  const remark = busy > cpus().length / 2 ? ' (others are busy here: figures will be rough)' : '';
  console.log(
    `\nbench/${name}, ${new Date().toISOString().slice(0, 16)}Z, load average ${busy.toFixed(1)}${remark}`,
  );
  console.log(
    'Ratio: varve by the other in the same run, rounds taken in turns; median of calm rounds (quartiles; all rounds). Below 1 varve is ahead.',
  );
}

/** One row: varve's figure, then those beside it. */
export function printRow({ row, unit, value, others, rounds, remark }: Comparison): void {
  const speed = unit === 'ns' ? `, ${rate(value.median)}` : '';
  const calm = value.calm === undefined ? '' : `, ${share(value.calm)} of ${rounds} rounds calm`;
  console.log(`  ${row}: ${quantity(value.median, unit)}${spread(value, unit)}${speed}${calm}`);
  for (const other of others) console.log(besides(other, unit));
  if (remark !== undefined) printRemark(remark);
}

function besides(other: Other, unit: Unit): string {
  const floor = other.role === 'floor' ? 'floor: ' : '';
  return `${ratioOf(other).padStart(46)} of ${quantity(other.value.median, unit).padEnd(9)} ${floor}${other.name}`;
}

/** A figure beside the others, or something to be known about them. */
export function printRemark(text: string): void {
  console.log(`      ${text}`);
}
