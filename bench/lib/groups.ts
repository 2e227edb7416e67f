import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { addonProblem, loadAddon } from '../../src/base/native-loader.js';
import { type Contest, compete, type Outcome } from './contest.js';
import { makePlace, type Place, type PlaceKind } from './place.js';
import { printGroup, printHead, printOutcome, printRemark } from './report.js';

/** What a group of benchmarks works with. */
export interface Bench {
  /** For the group's files; it is emptied after the run. */
  readonly directory: string;
  /** True if it is to be over soon, and figures may be rough. */
  readonly quick: boolean;
  /** Runs a contest and prints its figures. */
  measure(contest: Contest): Promise<Outcome>;
}

/** Benchmarks of one kind of medium and one kind of work, in a process of their own: a second kind would slow the first. */
export interface Group {
  readonly name: string;
  /** What the figures stand under; `{place}` in it becomes the description of the place. */
  readonly title: string;
  readonly place: PlaceKind;
  /** The heads of its figures, where those are not a contest's. */
  readonly columns?: string;
  /** True if it cannot run without the native addon. */
  readonly needsAddon: boolean;
  run(bench: Bench): Promise<void>;
}

/**
 * The program of a benchmark: runs every group in a process of its own, one after the other.
 *
 * Options: `--quick` for rough figures, `--dir=<directory>` to be used as the disk, `--group=<name>` for groups whose name
 * begins so. `--work=<directory>` is what a group's own process is given.
 *
 * @param script the program's path
 * @param closing printed at the end
 */
export async function runGroups(script: string, groups: readonly Group[], closing: string): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      dir: { type: 'string' },
      group: { type: 'string', default: '' },
      work: { type: 'string' },
    },
  });
  const { quick, dir, group: asked, work } = values;
  const chosen = groups.filter(({ name }) => name.startsWith(asked));
  if (chosen.length === 0) {
    console.error(
      `bench: no group begins with '${asked}'; there are ${groups.map(({ name }) => name).join(', ')}`,
    );
    process.exitCode = 2;
  } else if (work === undefined) {
    await drive(script, chosen, quick, dir);
    console.log(`\n${closing}`);
  } else {
    const group = chosen.find(({ name }) => name === asked);
    if (group?.needsAddon && loadAddon() === undefined) printRemark(`left out: ${addonProblem()}`);
    else await group?.run(benchIn(work, quick));
  }
}

function benchIn(directory: string, quick: boolean): Bench {
  return {
    directory,
    quick,
    async measure(contest) {
      const outcome = await compete(contest, quick);
      printOutcome(contest, outcome);
      return outcome;
    },
  };
}

async function drive(
  script: string,
  groups: readonly Group[],
  quick: boolean,
  disk: string | undefined,
): Promise<void> {
  const places = new Map<PlaceKind, Place>();
  for (const { place } of groups) {
    // Groups without files measure their floor, and the floor is a mapped file.
    if (!places.has(place)) places.set(place, makePlace(place === 'disk' ? 'disk' : 'in-memory', disk));
  }
  const running = cleanUpAtEnd([...places.values()]);
  printHead(basename(script, '.js'));
  let title = '';
  for (const group of groups) {
    const place = places.get(group.place) as Place;
    if (group.title !== title) printGroup(group.title.replace('{place}', place.description), group.columns);
    title = group.title;
    const args = [
      script,
      `--group=${group.name}`,
      `--work=${place.directory}`,
      ...(quick ? ['--quick'] : []),
    ];
    running.child = spawn(process.execPath, [...process.execArgv, ...args], { stdio: 'inherit' });
    const [code] = await once(running.child, 'exit');
    if (code === 0) continue;
    console.error(`bench: the group ${group.name} failed`);
    process.exitCode = 1;
  }
}

/** The places are removed however the run ends, and the process under way ends with it. */
function cleanUpAtEnd(places: readonly Place[]): { child: ChildProcess | undefined } {
  const running: { child: ChildProcess | undefined } = { child: undefined };
  process.once('exit', () => {
    running.child?.kill();
    for (const { directory } of places) rmSync(directory, { recursive: true, force: true });
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  return running;
}
