import type { Comparison, Other } from '../lib/record.js';
import { bracketed, digits, ofAll, quantity, rate, share, spread } from './format.js';
import { grouped } from './grouped.js';
import { table } from './markdown.js';

/** The tables of a part: the ratio to each of the others first, then varve's own figure. */
export function tablesOf(rows: readonly Comparison[]): string[] {
  return [...grouped(rows, (row) => row.table)].flatMap(([title, of]) => [`**${title}**`, tableOf(of)]);
}

function tableOf(rows: readonly Comparison[]): string {
  const names = [...new Set(rows.flatMap(({ others }) => others.map(({ name }) => name)))];
  const heads = ['', ...names.map((name) => headOf(name, rows)), 'varve (quartiles)'];
  const withRate = rows.some(({ unit }) => unit === 'ns');
  const withCalm = rows.some(({ value }) => value.calm !== undefined);
  return table(
    [...heads, ...(withRate ? ['rate'] : []), ...(withCalm ? ['calm'] : [])],
    rows.map((row) => {
      const cells = [
        row.remark === undefined ? row.row : `${row.row}: ${row.remark}`,
        ...names.map((name) => cellOf(row, name)),
        `${quantity(row.value.median, row.unit)}${spread(row.value, row.unit)}`,
      ];
      if (withRate) cells.push(row.unit === 'ns' ? rate(row.value.median) : '');
      if (withCalm) cells.push(calmOf(row));
      return cells;
    }),
  );
}

function calmOf({ value: { calm }, rounds }: Comparison): string {
  return calm === undefined ? '' : `${share(calm)} of ${rounds}`;
}

function headOf(name: string, rows: readonly Comparison[]): string {
  const role = rows.flatMap(({ others }) => others).find((other) => other.name === name)?.role;
  return role === 'floor' ? `/ *${name}*` : `/ ${name}`;
}

function cellOf({ others, unit }: Comparison, name: string): string {
  const other = others.find((one) => one.name === name);
  if (other === undefined) return '';
  const text = `${ratioOf(other)} of ${quantity(other.value.median, unit)}`;
  return other.role === 'peer' && other.ratio.median < 1 ? `**${text}**` : text;
}

/** The ratio with its quartiles, where there was more than one round, and that of all rounds, where it is of the calm ones. */
export function ratioOf({ ratio }: Other): string {
  const { median, low, high } = ratio;
  const quartiles = low === high ? '' : `${digits(low)}–${digits(high)}`;
  return `${digits(median)}${bracketed(quartiles, ofAll(ratio, digits))}`;
}
