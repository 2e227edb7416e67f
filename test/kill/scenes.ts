import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonProblem } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import type { Order } from './life.js';
import { type Scene, Story, type Tally } from './story.js';

/** Kinds of places in which a stream is killed. */
export type SceneKind = Order['medium'] | 'block device';

/** All of them. */
export const SCENE_KINDS: readonly SceneKind[] = ['pmem', 'page-cache', 'file', 'block device'];

/** It grows from this, under way. */
const SIZE_FIRST = 2 ** 16;
const SIZE = 4 * 2 ** 20;

/** What is given back after use. */
interface Place {
  readonly path: string;
  remove(): void;
}

/**
 * Kills writers of a new stream again and again.
 *
 * @param kills how many
 * @param until when to end before that, as `Date.now()` tells it
 * @returns what was done, or why it cannot be done here
 * @throws Error at a finding; its message tells how to see it again, and where a copy of the stream is
 */
export async function play(
  kind: SceneKind,
  seed: number,
  kills: number,
  until = Number.POSITIVE_INFINITY,
): Promise<Tally | string> {
  const problem = kind === 'page-cache' || kind === 'pmem' ? addonProblem() : undefined;
  if (problem !== undefined) return problem;
  const place = kind === 'block device' ? deviceToWrite() : fileToWrite(kind);
  if (typeof place === 'string') return place;
  const medium = kind === 'block device' ? 'file' : kind;
  const scene = { path: place.path, medium, size: SIZE_FIRST, maxSize: SIZE, seed };
  const story = new Story(scene);
  try {
    while (story.tally.kills < kills && Date.now() < until) await story.next();
    return story.tally;
  } catch (cause) {
    throw new Error(findingText(kind, scene, story, cause), { cause });
  } finally {
    place.remove();
  }
}

function findingText(kind: SceneKind, scene: Scene, story: Story, cause: unknown): string {
  const kept = mkdtempSync(join(tmpdir(), 'varve-finding-'));
  writeFileSync(join(kept, 'told'), story.told);
  if (existsSync(scene.path)) copyFileSync(scene.path, join(kept, 'stream'));
  return (
    `kill ${story.tally.kills + 1} of a writer on ${kind}, seed ${scene.seed}: ` +
    `${cause instanceof Error ? cause.message : String(cause)}\n` +
    `The stream and all that its writers told are kept in ${kept}. Kills depend on the machine's mood; to try the same again:\n` +
    `npm run soak -- kill --seed ${scene.seed}`
  );
}

/** `file` is where files usually are; mapped media are in memory where the machine has that. */
function fileToWrite(kind: Order['medium']): Place {
  const base = kind !== 'file' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(base, 'varve-kill-'));
  return {
    path: join(directory, 'killed'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A block device over a file of zeroes, or why there is none. */
function deviceToWrite(): Place | string {
  const file = fileToWrite('file');
  writeFileSync(file.path, new Uint8Array(SIZE));
  const { status, stdout, stderr, error } = spawnSync('losetup', ['--find', '--show', file.path], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    file.remove();
    return `losetup does not work here: ${error?.message ?? stderr.trim()}`;
  }
  const path = stdout.trim();
  // A device that is cut off in the midst of being given a stream has to be wiped before it can be given one again.
  Stream.openSync(path, { size: SIZE_FIRST }).closeSync();
  const remove = (): void => {
    spawnSync('losetup', ['-d', path]);
    file.remove();
  };
  return { path, remove };
}
