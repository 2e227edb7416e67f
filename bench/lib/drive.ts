import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printHead } from './console.js';
import type { Group, Part } from './groups.js';
import { program } from './paths.js';
import { makePlace, type Place, type PlaceKind } from './place.js';
import type { BenchRecord } from './record.js';

/** How a run is to go. */
export interface Drive {
  readonly quick: boolean;
  /** The directory to be used as a disk; else that for temporary files. */
  readonly disk: string | undefined;
  /** Groups whose names begin so. */
  readonly group: string;
}

/** What a run of a part brought. */
export interface Driven {
  readonly records: readonly BenchRecord[];
  readonly groups: readonly string[];
  /** The file systems of the files. */
  readonly places: readonly string[];
  readonly well: boolean;
}

/** Directories that are removed and a process that is ended however the run ends. */
const running: { child: ChildProcess | undefined; readonly directories: Set<string> } = {
  child: undefined,
  directories: new Set(),
};
process.once('exit', () => {
  running.child?.kill();
  for (const directory of running.directories) rmSync(directory, { recursive: true, force: true });
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

/** Runs the groups of a part, each in a process of its own, one after the other. */
export async function drivePart(part: Part, drive: Drive): Promise<Driven> {
  const groups = part.groups.filter(({ name }) => name.startsWith(drive.group));
  const scratch = kept(mkdtempSync(join(tmpdir(), 'varve-bench-records-')));
  const places = new Set<string>();
  const records: BenchRecord[] = [];
  let well = true;
  printHead(part.name);
  for (const group of groups) {
    const place = placeOf(group.place, drive.disk);
    if (group.place !== 'none') places.add(place.description);
    console.log(`\n${group.title.replace('{place}', place.description)}`);
    const file = join(scratch, `${group.name}.jsonl`);
    const ended = await runGroup(part, group, place, file, drive.quick);
    records.push(...recordsOf(file));
    rmSync(place.directory, { recursive: true, force: true });
    if (ended) continue;
    well = false;
    const text = `${group.name}: its process failed, what it had measured before is shown`;
    console.error(`bench: ${part.name}/${text}`);
    records.push({ kind: 'remark', part: part.name, group: group.name, leftOut: true, text });
  }
  return { records, groups: groups.map(({ name }) => name), places: [...places], well };
}

async function runGroup(
  part: Part,
  group: Group,
  place: Place,
  records: string,
  quick: boolean,
): Promise<boolean> {
  const args = [
    program('group'),
    `--part=${part.name}`,
    `--group=${group.name}`,
    `--work=${place.directory}`,
    `--place=${place.description}`,
    `--records=${records}`,
    ...(quick ? ['--quick'] : []),
  ];
  running.child = spawn(process.execPath, [...process.execArgv, '--expose-gc', ...args], {
    stdio: 'inherit',
  });
  const [code] = await once(running.child, 'exit');
  return code === 0;
}

/** Groups without files of their own may still measure a floor, and the floor is a mapped file. */
function placeOf(kind: PlaceKind, disk: string | undefined): Place {
  const place = makePlace(kind === 'disk' ? 'disk' : 'in-memory', disk);
  kept(place.directory);
  return place;
}

function kept(directory: string): string {
  running.directories.add(directory);
  return directory;
}

function recordsOf(file: string): BenchRecord[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BenchRecord);
}
