import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { type Medium, MemoryMedium, Stream, type StreamOptions } from '../../src/index.js';

/** The media that a test of the contract runs on, by the name that `StreamOptions.medium` gives them. */
export type KindName = 'memory' | 'file' | 'page-cache' | 'pmem';

/** A place where one stream lives. It can be opened again after closing. */
export interface Place {
  readonly kind: KindName;
  /** The file behind it; undefined in memory. */
  readonly path: string | undefined;
  open(options?: StreamOptions): Promise<Stream>;
  openSync(options?: StreamOptions): Stream;
}

/** All media, the one without a file first. */
export const KINDS: readonly KindName[] = ['memory', 'file', 'page-cache', 'pmem'];

/** The media with a file behind them. */
export const FILE_KINDS: readonly Exclude<KindName, 'memory'>[] = ['file', 'page-cache', 'pmem'];

/** Why this machine cannot open a medium of that kind; undefined if it can. */
export function problemOf(kind: KindName): string | undefined {
  return kind === 'memory' || kind === 'file' ? undefined : addonProblem();
}

/** A directory of its own, gone after the test. Memory-backed where the machine has that, so that syncs cost little. */
export function temporaryDirectory(t: TestContext): string {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(base, 'varve-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new place on a medium of that kind. What is still open after the test is closed then. */
export function placeOn(t: TestContext, kind: KindName, size: number | string = '1MiB'): Place {
  const opened: Stream[] = [];
  const keep = (stream: Stream): Stream => {
    opened.push(stream);
    return stream;
  };
  t.after(() => closeAll(opened));
  if (kind === 'memory') return placeInMemory(new MemoryMedium(size), keep);
  const path = join(temporaryDirectory(t), 'stream.varve');
  const complete = (options: StreamOptions): StreamOptions => ({
    ...(existsSync(path) ? {} : { size }),
    medium: kind,
    ...options,
  });
  return {
    kind,
    path,
    open: async (options = {}) => keep(await Stream.open(path, complete(options))),
    openSync: (options = {}) => keep(Stream.openSync(path, complete(options))),
  };
}

function placeInMemory(medium: Medium, keep: (stream: Stream) => Stream): Place {
  return {
    kind: 'memory',
    path: undefined,
    open: async (options = {}) => keep(await Stream.open(medium, options)),
    openSync: (options = {}) => keep(Stream.openSync(medium, options)),
  };
}

/** A test may leave streams open, in any state: what closing them says is not what it is about. */
function closeAll(streams: readonly Stream[]): void {
  for (const stream of streams) {
    try {
      stream.closeSync();
    } catch {
      // A poisoned or damaged stream says so here once more.
    }
  }
}

/** The same place with a file for certain: for tests that look at the bytes. */
export interface FilePlace extends Place {
  readonly path: string;
}

/** A place on a medium with a file. */
export function filePlaceOn(
  t: TestContext,
  kind: Exclude<KindName, 'memory'>,
  size?: number | string,
): FilePlace {
  const place = placeOn(t, kind, size);
  if (place.path === undefined) throw new Error(`a place on ${kind} has no file`);
  return { ...place, path: place.path };
}

/** One test for every medium; what the machine cannot do is skipped aloud. */
export function onEveryMedium(
  title: string,
  body: (t: TestContext, place: Place) => Promise<void> | void,
  size?: number | string,
): void {
  for (const kind of KINDS) {
    test(`${title} (${kind})`, async (t) => {
      const problem = problemOf(kind);
      if (problem !== undefined) return t.skip(problem);
      await body(t, placeOn(t, kind, size));
    });
  }
}

/** One test for every medium with a file behind it. */
export function onEveryFile(
  title: string,
  body: (t: TestContext, place: FilePlace) => Promise<void> | void,
  size?: number | string,
): void {
  for (const kind of FILE_KINDS) {
    test(`${title} (${kind})`, async (t) => {
      const problem = problemOf(kind);
      if (problem !== undefined) return t.skip(problem);
      await body(t, filePlaceOn(t, kind, size));
    });
  }
}

/** A stream in memory, closed after the test: for what does not depend on the medium. */
export function memoryStream(
  t: TestContext,
  size: number | string = '1MiB',
  options: StreamOptions = {},
): Stream {
  return placeOn(t, 'memory', size).openSync(options);
}
