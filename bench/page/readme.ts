import { readFileSync, writeFileSync } from 'node:fs';
import type { Comparison, Other } from '../lib/record.js';
import type { Results } from '../lib/results.js';
import { bracketed, digits, ofAll, quantity, rate, spread } from './format.js';
import { table } from './markdown.js';

/** A row of the README's table. */
interface Figure {
  readonly on: string;
  readonly work: string;
  /** The row of the results that it is taken from, and who stands beside varve there. */
  readonly key: string;
  readonly other: string;
  /** What that one does, in a few words. */
  readonly is: string;
  /** True where entries a second say more than the time of one. */
  readonly asRate: boolean;
}

const FENCED = 'copy, flush, fence';
const WORD = 'one word of each';
const SYNCED = 'write and fdatasync, blocks written before';

const FIGURES: readonly Figure[] = [
  ...[64, 1024, 65536].map((size) => onPmem(`\`appendSync\`, ${sizeOf(size)}`, `persisted/${size}`, FENCED)),
  onPmem('`appendSync`, 64 B', 'persisted/64', 'libpmemlog'),
  onPmem("`appendSync`, 64 B, `until: 'committed'`", 'committed/64', 'copy'),
  reading('`cursor()`, 64 B, first bytes read', 'read/pmem-cursor/later'),
  reading('`for … of`, 64 B', 'read/pmem-for-of/pass'),
  ...['page-cache', 'file'].flatMap((medium) => [
    onDisk(medium, '`appendSync`, 64 B', '64/alone', SYNCED, 'one write and one fdatasync', false),
    onDisk(medium, '`append`, 64 B, 256 in flight', '64/256', SYNCED, 'the same for 256 entries', true),
    onDisk(medium, '`append`, 64 B, 256 in flight', '64/256', 'lmdb', 'lmdb', true),
    onDisk(medium, '`append`, 1 KiB, 256 in flight', '1024/256', SYNCED, 'the same for 256 entries', true),
  ]),
];

function sizeOf(size: number): string {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}

function onPmem(work: string, row: string, other: string): Figure {
  const is = other === 'libpmemlog' ? other : `${other}, in C`;
  return { on: '`pmem` by name in /dev/shm', work, key: `append/pmem-${row}`, other, is, asRate: false };
}

function reading(work: string, key: string): Figure {
  const is = `${WORD}, over a Uint32Array`;
  return { on: '`pmem` by name in /dev/shm', work, key, other: WORD, is, asRate: true };
}

function onDisk(
  medium: string,
  work: string,
  row: string,
  other: string,
  is: string,
  asRate: boolean,
): Figure {
  const key = `disk/${row}/${medium}-reused-space`;
  return { on: `\`${medium}\` on ext4`, work, key, other, is, asRate };
}

const BEGIN = '<!-- figures -->\n';
const END = '<!-- /figures -->';

/** Puts the figures of the results between the marks in the README. */
export function writeFigures(path: string, results: Results): void {
  const text = readFileSync(path, 'utf8');
  const begin = text.indexOf(BEGIN) + BEGIN.length;
  const end = text.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error(`${path} has no place for figures`);
  writeFileSync(path, text.slice(0, begin) + figures(results) + text.slice(end));
}

function figures({ parts }: Results): string {
  const rows = Object.values(parts)
    .flatMap(({ records }) => records)
    .filter((record): record is Comparison => record.kind === 'comparison');
  const measured = FIGURES.flatMap((figure) => {
    const row = rows.find(({ key }) => key === figure.key);
    const other = row?.others.find(({ name }) => name === figure.other);
    return row === undefined || other === undefined ? [] : [cellsOf(figure, row, other)];
  });
  const { append } = parts;
  const { machine, versions } = append?.environment ?? {};
  const { node } = versions ?? {};
  const where = `${machine}, a virtual machine that others use, too; Node ${node}, ${append?.date}`;
  const what = `${where}; medians of calm rounds, in which nobody else used the other half of the core (docs/benchmarks.md), where there were\nenough; quartiles and the median of all rounds in brackets. Ratio: varve's time by the other's.`;
  const heads = ['on', 'work', 'varve', 'the other, in the same run', 'ratio'];
  return `${what}\n\n${table(heads, measured)}\n`;
}

function cellsOf({ on, work, is, asRate }: Figure, { value, unit }: Comparison, other: Other): string[] {
  const own = asRate
    ? `${rate(value.median)}${bracketed(`${rate(value.high)}–${rate(value.low)}`, ofAll(value, rate))}`
    : `${quantity(value.median, unit)}${spread(value, unit)}`;
  const others = asRate ? rate(other.value.median) : quantity(other.value.median, unit);
  return [
    on,
    work,
    own,
    `${others}: ${is}`,
    `${digits(other.ratio.median)}${bracketed(ofAll(other.ratio, digits))}`,
  ];
}
