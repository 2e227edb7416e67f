import { cpus, loadavg } from 'node:os';
import { addonProblem, loadAddon } from '../../src/base/native-loader.js';
import type { Contest, Outcome } from './contest.js';
import type { Summary } from './stats.js';

/** Says what is measured, where and when. */
export function printHead(name: string): void {
  const processors = cpus();
  const features = loadAddon()?.features;
  const addon =
    features === undefined
      ? addonProblem()
      : `addon with ${features.flush} and CRC-32C by ${features.crc32c}`;
  const busy = loadavg()[0] ?? 0;
  const remark = busy > processors.length / 2 ? ' (others are busy here: figures will be rough)' : '';
  console.log(
    `bench/${name}, ${new Date().toISOString().slice(0, 16)}Z, load average ${busy.toFixed(1)}${remark}`,
  );
  console.log(
    `${processors[0]?.model.trim()}, ${processors.length} cores, ${process.platform}-${process.arch}, ` +
      `node ${process.version}, ${addon}`,
  );
  console.log(
    'Ratio: time by the time of the floor in the same run, rounds taken in turns; median (quartiles).',
  );
}

const CONTEST = 'ratio (quartiles)    of its rate   ns/entry (quartiles)      entries/s   floor ns/entry';

/** Begins a group of figures. */
export function printGroup(title: string, columns = CONTEST): void {
  console.log(`\n${title}`);
  console.log(`    ${columns}`);
}

/** One line of figures. */
export function printOutcome({ name, floorName }: Contest, { subject, floor, ratio }: Outcome): void {
  const compared =
    ratio === undefined
      ? 'no floor'.padStart(9)
      : `${ratio.median.toFixed(2).padStart(9)} (${spread(ratio, 2)})`;
  const share = ratio === undefined ? '' : (1 / ratio.median).toFixed(2);
  const time = `${digits(subject.median).padStart(8)} (${spread(subject)})`;
  const line =
    compared.padEnd(25) +
    share.padEnd(12) +
    time.padEnd(26) +
    rate(subject.median).padStart(9) +
    (floor === undefined ? '' : digits(floor.median)).padStart(17);
  console.log(`${line}   ${name}${floor === undefined ? '' : ` / ${floorName}`}`);
}

/** A figure beside the others, or something to be known about them. */
export function printRemark(text: string): void {
  console.log(`          ${text}`);
}

/** Entries a second, from nanoseconds an entry. */
function rate(nanoseconds: number): string {
  const perSecond = 1e9 / nanoseconds;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(perSecond >= 1e7 ? 1 : 2)} M`;
  return `${(perSecond / 1e3).toFixed(perSecond >= 1e5 ? 0 : 1)} k`;
}

/** Three digits or more. */
export function digits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function spread({ low, high }: Summary, decimals?: number): string {
  return [low, high]
    .map((value) => (decimals === undefined ? digits(value) : value.toFixed(decimals)))
    .join('–');
}
