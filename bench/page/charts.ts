import type { Comparison, Line, Role } from '../lib/record.js';
import { type BarGroup, barChart } from './bar-chart.js';
import { grouped } from './grouped.js';
import { lineChart } from './line-chart.js';
import { matches } from './pattern.js';

/** A picture of the page. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
  readonly note: string | undefined;
}

/** Rows as lines over the size of the entries, which is the last part of their keys. */
interface BySize {
  readonly name: string;
  readonly title: string;
  readonly part: string;
  /** Rows by what their own line is called; their key is this and the size. */
  readonly rows: Readonly<Record<string, string>>;
  /** Also draws those that stood beside. */
  readonly withOthers: boolean;
}

/** Rows as bars. */
interface Bars {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly part: string;
  /** What the bars of rows stand under, by the pattern of their keys; of several rows each is a bar. */
  readonly groups: Readonly<Record<string, string>>;
}

const BY_SIZE: readonly BySize[] = [
  {
    name: 'append-persisted',
    title: 'pmem by name: one append, persisted',
    part: 'append',
    rows: { varve: 'append/pmem-persisted/' },
    withOthers: true,
  },
  {
    name: 'append-kinds',
    title: 'pmem by name: kinds of appends',
    part: 'append',
    rows: {
      'persisted each': 'append/pmem-persisted/',
      '64 in flight': 'append/pmem-64/',
      '1024 in flight': 'append/pmem-1024/',
      'persisted for every 256': 'append/pmem-groups/',
      'until committed': 'append/pmem-committed/',
    },
    withOthers: false,
  },
];

const DISK = { '64 B': 64, '1 KiB': 1024, '4 KiB': 4096 };
const onDisk = (name: string, title: string, work: string): Bars => ({
  name,
  title,
  axis: 'time for an entry: shorter is better',
  part: 'disk',
  groups: Object.fromEntries(
    Object.entries(DISK).map(([size, bytes]) => [size, `disk/${bytes}/${work}/*reused-space`]),
  ),
});

const BARS: readonly Bars[] = [
  onDisk('disk-alone', 'Disk: one append, persisted', 'alone'),
  onDisk('disk-256', 'Disk: 256 appends in flight, persisted', '256'),
  onDisk('disk-1024', 'Disk: 1024 appends in flight, persisted', '1024'),
  {
    name: 'read-peers',
    title: 'Disk: reading a log of entries of 64 B',
    axis: 'time for an entry: shorter is better',
    part: 'read',
    groups: {
      forward: 'read/peers/forward/*',
      backward: 'read/peers/backward/*',
      'at random': 'read/peers/get/*',
    },
  },
  {
    name: 'open-peers',
    title: 'Disk: opening a log of entries of 64 B',
    axis: 'until it can be appended to: shorter is better',
    part: 'open',
    groups: {
      'closed, new process': 'open/disk-1m/clean/*',
      'closed, same process': 'open/disk-1m/clean-again/*',
      'after a crash': 'open/disk-1m/crash/*',
    },
  },
];

/** The charts of a part: those of its rows, and its lines. */
export function chartsOf(part: string, rows: readonly Comparison[], lines: readonly Line[]): Chart[] {
  const own = [...grouped(lines, ({ chart }) => chart)].map(([name, of]): Chart => {
    const [first] = of;
    return { name, title: first?.title ?? name, svg: lineChart(of), note: first?.note };
  });
  const bySize = BY_SIZE.filter((chart) => chart.part === part).flatMap((chart) => drawBySize(chart, rows));
  const bars = BARS.filter((chart) => chart.part === part).flatMap((chart) => drawBars(chart, rows));
  return [...bySize, ...bars, ...own];
}

function drawBySize(
  { name, title, part, rows: named, withOthers }: BySize,
  rows: readonly Comparison[],
): Chart[] {
  const points = new Map<string, { role: Role; points: { x: number; y: number }[] }>();
  const add = (series: string, role: Role, x: number, y: number): void => {
    const line = points.get(series) ?? { role, points: [] };
    line.points.push({ x, y });
    points.set(series, line);
  };
  for (const [series, prefix] of Object.entries(named)) {
    for (const { key, value, others } of rows) {
      const size = sizeAfter(prefix, key);
      if (size === undefined) continue;
      add(series, 'varve', size, value.median);
      if (withOthers) for (const other of others) add(other.name, other.role, size, other.value.median);
    }
  }
  if (points.size === 0) return [];
  const lines = [...points].map(
    ([series, line]): Line => ({
      kind: 'line',
      part,
      group: '',
      chart: name,
      title,
      x: { label: 'bytes of an entry', scale: 'log', format: 'bytes' },
      y: { label: 'time for an entry', scale: 'log', format: 'time' },
      series,
      ...line,
    }),
  );
  return [{ name, title, svg: lineChart(lines), note: undefined }];
}

/** The size that a key ends with, if it is one with this prefix. */
function sizeAfter(prefix: string, key: string): number | undefined {
  const size = Number(key.startsWith(prefix) ? key.slice(prefix.length) : Number.NaN);
  return Number.isNaN(size) ? undefined : size;
}

function drawBars({ name, title, axis, groups }: Bars, rows: readonly Comparison[]): Chart[] {
  const unit = rows.find(({ key }) => Object.values(groups).some((pattern) => matches(pattern, key)))?.unit;
  if (unit === undefined) return [];
  // Bars know times in nanoseconds only.
  const scale = unit === 'ms' ? 1e6 : 1;
  const drawn = Object.entries(groups).map(([group, pattern]): BarGroup => {
    const own = rows.filter(({ key }) => matches(pattern, key));
    const others = new Map(own.flatMap((row) => row.others).map((other) => [other.name, other]));
    return {
      name: group,
      bars: [
        ...own.map((row) => ({
          series: `varve, ${sideOf(row)}`,
          role: 'varve' as const,
          value: row.value.median * scale,
        })),
        ...[...others.values()].map((other) => ({
          series: other.name,
          role: other.role,
          value: other.value.median * scale,
        })),
      ],
    };
  });
  return [{ name, title, svg: barChart(title, axis, unit === 'ms' ? 'ns' : unit, drawn), note: undefined }];
}

function sideOf({ key }: Comparison): string {
  return key.slice(key.lastIndexOf('/') + 1).replaceAll('-', ' ');
}
