import type { Comparison, Line, Other } from '../../bench/lib/record.js';
import type { PartResults } from '../../bench/lib/results.js';

const around = (median: number) => ({ median, low: median * 0.9, high: median * 1.1 });

/** A row that says what it is told. */
export function row(key: string, median: number, others: readonly Other[] = []): Comparison {
  const [part = '', group = ''] = key.split('/');
  const value = around(median);
  return {
    kind: 'comparison',
    part,
    group,
    key,
    table: 'work',
    row: key,
    unit: 'ns',
    value,
    others,
    rounds: 9,
  };
}

export function other(name: string, role: Other['role'], value: number, ratio: number): Other {
  return { name, role, value: around(value), ratio: around(ratio) };
}

/** A line of the chart `growth`. */
export function line(series: string, points: Line['points']): Line {
  return {
    kind: 'line',
    part: 'append',
    group: 'g',
    chart: 'growth',
    title: 'Cost <grows>',
    x: { label: 'entries', scale: 'log' },
    y: { label: 'time', scale: 'log', format: 'time' },
    series,
    role: 'varve',
    points,
  };
}

/** What a run of a part on some machine brought. */
export function ran(records: PartResults['records'], date = '2030-01-02'): PartResults {
  const versions = { varve: '1', lmdb: '2' };
  const environment = {
    machine: 'an abacus',
    memory: '1 GiB',
    kernel: '7',
    places: ['a file on sand'],
    versions,
  };
  return { date, quick: false, environment, records };
}
