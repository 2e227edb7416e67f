import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../lib/groups.js';
import { BENCH_ROOT } from '../lib/paths.js';
import type { Comparison, Line, Remark } from '../lib/record.js';
import type { PartResults, Results } from '../lib/results.js';
import { ENOUGH } from '../lib/stats.js';
import { chartsOf } from './charts.js';
import { grouped } from './grouped.js';
import { lossesOf, type Reasons } from './losses.js';
import { table } from './markdown.js';
import { tablesOf } from './tables.js';
import { judge, TARGETS, type Verdict } from './targets.js';

/** A file of the page, by its path from the directory of the page. */
type Files = ReadonlyMap<string, string>;

/** Writes benchmarks.md and its pictures into `directory`; pictures of former pages are removed. */
export function writePage(directory: string, results: Results, parts: readonly Part[]): void {
  const reasons = JSON.parse(readFileSync(join(BENCH_ROOT, 'reasons.json'), 'utf8')) as Reasons;
  rmSync(join(directory, 'benchmarks'), { recursive: true, force: true });
  mkdirSync(join(directory, 'benchmarks'), { recursive: true });
  for (const [name, text] of makePage(results, parts, reasons)) writeFileSync(join(directory, name), text);
}

/** The page and its pictures. */
export function makePage(results: Results, parts: readonly Part[], reasons: Reasons): Files {
  const measured = parts.flatMap((part) => {
    const of = results.parts[part.name];
    return of === undefined ? [] : [{ part, of }];
  });
  const rows = measured.flatMap(({ of }) => of.records.filter((record) => record.kind === 'comparison'));
  const verdicts = TARGETS.map((target) => judge(target, rows));
  const files = new Map<string, string>();
  const texts = [
    '# Benchmarks',
    INTRODUCTION,
    ...conditions(measured),
    HOW_TO_READ,
    '## Targets',
    targetTable(verdicts),
    '## What we lose',
    'Every row in which another library is ahead, and every target that is not met, with the reason.',
    lossesOf(rows, verdicts, reasons),
    ...measured.flatMap(({ part, of }) => textOf(part, of, files)),
  ];
  files.set('benchmarks.md', `${texts.join('\n\n')}\n`);
  return files;
}

const INTRODUCTION = `Made by \`npm run bench\`, not by hand (bench/README.md). varve beside the least that the same work costs on the same machine, and beside other
libraries with the same data and the same durability, all in turns in one run.`;

const HOW_TO_READ = `**How to read it.** A cell says varve's time by the other's: below 1 varve is ahead. It is the median of the ratios of rounds that ran one after
the other, with the quartiles in brackets; then the other's own figure. *Floors*, in italics, are the bare machine without any log. Bold: varve is ahead of another library. The machine is a noisy one: others
use it too, figures come and go by tens of percent from run to run, those of a disk by more. Ratios of one run can be compared, absolute figures of different days cannot.
Where the quartiles of a ratio lie on both sides of 1, nobody is ahead.

**Calm rounds.** A processor of this machine is half of a core, and the other half belongs to somebody else: while he works, all that is bound by how much a core gets done at a time, JavaScript above all, takes up to
twice as long, and a fence as long as ever. So a probe of a known amount of such work runs right before and right behind each round, in the process that does it, and a round is calm if both took at most 1.2 times the least that
the probe ever took; nothing else decides, for all sides alike. Figures are of calm rounds, ratios of pairs of them, where there were ${ENOUGH} at least; what all rounds say stands beside, and the share of calm ones at the end of the row.
Work of several threads or processes, work that waits for the disk most of its time, and whole logs read from it have no probe: there all rounds count.`;

interface Measured {
  readonly part: Part;
  readonly of: PartResults;
}

/** Where and when; parts that were measured elsewhere or on another day are told apart. */
function conditions(measured: readonly Measured[]): string[] {
  const by = grouped(measured, ({ of: { date, environment, quick } }) => {
    const { places: _, ...machine } = environment;
    return JSON.stringify({ date, quick, machine });
  });
  return [...by.values()].map((some) => {
    const [first] = some;
    if (first === undefined) return '';
    const { date, quick, environment } = first.of;
    const places = [...new Set(some.flatMap(({ of }) => of.environment.places))];
    const facts = [
      ['parts', some.map(({ part }) => part.name).join(', ')],
      ['date', quick ? `${date}, **in a hurry: figures are rough**` : date],
      ['machine', environment.machine],
      ['memory', environment.memory],
      ['kernel', environment.kernel],
      ['files on', places.join('; ')],
      ...Object.entries(environment.versions),
    ];
    return table(
      ['', ''],
      facts.map(([name = '', value = '']) => [name, value]),
    );
  });
}

function targetTable(verdicts: readonly Verdict[]): string {
  return table(
    ['target', 'met', 'measured'],
    verdicts.map(({ target, cases }) => {
      const all = cases.length > 0 && cases.every(({ met }) => met);
      const none = cases.length > 0 && cases.every(({ met }) => !met);
      const met = cases.length === 0 ? 'not measured' : all ? 'yes' : none ? '**no**' : '**in part**';
      return [target.text, met, measuredText(cases)];
    }),
  );
}

/** More than these cannot be read in a cell: then only those that miss the target are named. */
const MOST_CASES = 8;

/** Cases by their row, those that miss the target in bold. */
function measuredText(cases: Verdict['cases']): string {
  const shown = cases.length > MOST_CASES ? cases.filter(({ met }) => !met) : cases;
  const by = grouped(shown, ({ row }) => shortName(row));
  const texts = [...by].map(([name, some]) => `${name}: ${some.map(figureOf).join(', ')}`);
  if (shown.length < cases.length) texts.unshift(`${cases.length - shown.length} of ${cases.length} met`);
  return texts.join('; ');
}

function figureOf({ figure, met, other, row }: Verdict['cases'][number]): string {
  const peer = row.others.find(({ name, role }) => name === other && role === 'peer')?.name;
  const text = [...specifics(row), ...(peer === undefined ? [] : [peer]), figure].join(' ');
  return met ? figure : `**${text}**`;
}

/** What tells cases of one name apart. */
function specifics({ key }: Comparison): string[] {
  const [, , , side] = key.split('/');
  return side === undefined ? [] : [side.replace(/-(reused|fresh)-space$/, '')];
}

function shortName({ key, row }: Comparison): string {
  const [part, group] = key.split('/');
  return part === 'disk' ? `${group} B` : row;
}

function textOf(part: Part, { records }: PartResults, files: Map<string, string>): string[] {
  const rows = records.filter((record): record is Comparison => record.kind === 'comparison');
  const lines = records.filter((record): record is Line => record.kind === 'line');
  const remarks = records.filter((record): record is Remark => record.kind === 'remark');
  const charts = chartsOf(part.name, rows, lines);
  for (const { name, svg } of charts) files.set(`benchmarks/${name}.svg`, svg);
  return [
    `## ${part.title}`,
    part.text,
    ...charts.flatMap(({ name, title, note }) => [
      `![${title}](benchmarks/${name}.svg)`,
      ...(note ? [note] : []),
    ]),
    ...tablesOf(rows),
    ...remarkList(remarks),
  ];
}

function remarkList(remarks: readonly Remark[]): string[] {
  const texts = new Set(remarks.map(({ leftOut, text }) => `- ${leftOut ? '**Left out:** ' : ''}${text}`));
  return texts.size === 0 ? [] : [[...texts].join('\n')];
}
