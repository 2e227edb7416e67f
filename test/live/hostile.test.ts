import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { LIVE } from '../../src/media/live-file.js';
import { sweep } from '../../src/media/live-sweep.js';
import { texts } from '../helpers/bytes.js';
import { type FilePlace, filePlaceOn, onEveryFile, temporaryDirectory } from '../helpers/media.js';
import { liveFileOf, liveProblem } from './live-files.js';
import { readingCore } from './reading-core.js';

const STRANGER = 54_321;

/** Puts something of that kind at `path`, where `page` is what a writer would leave there. */
const IMPOSTORS: Record<string, (path: string, page: Buffer, t: TestContext) => void> = {
  'an empty file': (path) => writeFileSync(path, ''),
  'a file that is too short': (path, page) => writeFileSync(path, page.subarray(0, 100), { mode: 0o600 }),
  'a file that is too long': (path, page) =>
    writeFileSync(path, Buffer.concat([page, page]), { mode: 0o600 }),
  'a file of zeroes': (path, page) => writeFileSync(path, Buffer.alloc(page.length), { mode: 0o600 }),
  'the page of another stream': (path, page) => {
    page[LIVE.identity.at] = (page[LIVE.identity.at] as number) ^ 1;
    writeFileSync(path, page, { mode: 0o600 });
  },
  'a page of a later version': (path, page) => {
    page[LIVE.version.at] = 2;
    writeFileSync(path, page, { mode: 0o600 });
  },
  'a page that everybody may write to': (path, page) => {
    writeFileSync(path, page);
    chmodSync(path, 0o622);
  },
  'a page with a second name': (path, page, t) => {
    const other = `${path}.${process.pid}`;
    writeFileSync(other, page, { mode: 0o600 });
    linkSync(other, path);
    t.after(() => rmSync(other));
  },
  'a symbolic link to a sound page': (path, page, t) => {
    const target = join(temporaryDirectory(t), 'page');
    writeFileSync(target, page, { mode: 0o600 });
    symlinkSync(target, path);
  },
  'a FIFO': (path) => void spawnSync('mkfifo', ['-m', '600', path]),
  'a directory': (path) => mkdirSync(path),
};

/** A stream that was closed, where its live file would be, and what would be in it. */
async function closedStream(t: TestContext): Promise<{ place: FilePlace; live: string; page: Buffer }> {
  const place = filePlaceOn(t, 'file');
  const writer = await place.open();
  (await writer.allocate('64KiB', { name: 'log' })).appendSync('one');
  const live = liveFileOf(place.path) ?? '';
  const page = readFileSync(live);
  page.writeDoubleLE(900, LIVE.words.at + LIVE.persisted);
  await writer.close();
  assert.equal(existsSync(live), false);
  t.after(() => rmSync(live, { recursive: true, force: true }));
  return { place, live, page };
}

for (const [what, put] of Object.entries(IMPOSTORS)) {
  test(`${what} in the place of a live file is nobody's news`, async (t) => {
    const problem = liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const { place, live, page } = await closedStream(t);
    put(live, page, t);
    assert.equal(readingCore(t, place).foreign?.live, undefined);

    const writer = await place.open();
    writer.region('log')?.appendSync('two');
    const reader = readingCore(t, place);
    if (what === 'a directory')
      assert.equal(reader.foreign?.live, undefined, 'what cannot be removed is done without');
    else assert.equal(reader.foreign?.live?.persisted, writer.persisted);
    assert.ok((reader.foreign?.live?.persisted ?? 0) !== 900);
    await writer.close();
  });
}

test("a live file of somebody else is nobody's news", async (t) => {
  const problem = liveProblem() ?? (process.geteuid?.() === 0 ? undefined : 'only root can give files away');
  if (problem !== undefined) return t.skip(problem);
  const { place, live, page } = await closedStream(t);
  writeFileSync(live, page, { mode: 0o644 });
  chownSync(live, STRANGER, STRANGER);
  assert.equal(readingCore(t, place).foreign?.live, undefined);
  chownSync(place.path, STRANGER, STRANGER);
  assert.equal(
    readingCore(t, place).foreign?.live?.persisted,
    900,
    'but the owner of the stream may tell of it',
  );
});

for (const persisted of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1.5, 2 ** 60]) {
  test(`a live file that says ${persisted} says nothing`, async (t) => {
    const problem = liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const { place, live, page } = await closedStream(t);
    page.writeDoubleLE(persisted, LIVE.words.at + LIVE.persisted);
    page.writeDoubleLE(persisted, LIVE.words.at + LIVE.committed);
    page.fill(0xff, LIVE.words.at, LIVE.words.at + 8);
    writeFileSync(live, page, { mode: 0o600 });
    const said = readingCore(t, place).foreign?.live;
    assert.deepEqual([said?.persisted, said?.committed], [0, 0]);
    const stream = await place.open({ readOnly: true });
    assert.ok(stream.persisted >= 0 && stream.persisted <= stream.committed);
    const region = stream.region('log');
    assert.deepEqual(region && texts(region), ['one']);
  });
}

const HARMS: Record<string, (path: string) => void> = {
  'cut off': (path) => truncateSync(path, 0),
  removed: (path) => rmSync(path),
};
for (const [what, harm] of Object.entries(HARMS)) {
  onEveryFile(`a live file that is ${what} under both sides harms neither`, async (t, place) => {
    if (liveProblem() !== undefined) return t.skip(liveProblem());
    const writer = await place.open();
    const region = await writer.allocate('64KiB', { name: 'log' });
    const reader = await place.open({ readOnly: true });
    const tail = reader.region('log')?.tail();
    const first = tail?.next();
    await region.append('one');
    assert.equal((await first)?.value?.text(), 'one');
    const second = tail?.next();
    const live = liveFileOf(place.path);
    assert.ok(live !== undefined);
    harm(live);
    for (let i = 0; i < 10; i++) await region.append('two');
    assert.equal((await second)?.value?.text(), 'two');
    await writer.close();
    await reader.close();
    rmSync(live, { force: true });
  });
}

test('whoever may read the stream may read its live file, and nobody else may write to it', async (t) => {
  const problem = liveProblem();
  if (problem !== undefined) return t.skip(problem);
  for (const mode of [0o600, 0o640, 0o644, 0o666]) {
    const place = filePlaceOn(t, 'file');
    await (await place.open()).close();
    chmodSync(place.path, mode);
    const writer = await place.open();
    const live = lstatSync(liveFileOf(place.path) ?? '');
    assert.equal(live.mode & 0o777, (mode & 0o444) | 0o600);
    assert.equal(live.gid, statSync(place.path).gid);
    await writer.close();
  }
});

/** What a killed process may have left for a stream that nobody opens again. */
function leftPage(t: TestContext): string {
  const page = `/dev/shm/varve-${randomBytes(16).toString('hex')}-1-1`;
  t.after(() => rmSync(page, { force: true }));
  writeFileSync(page, '', { mode: 0o600 });
  return page;
}

test('what a killed process left is swept away once it is old', (t) => {
  const problem = liveProblem() ?? addonProblem();
  if (problem !== undefined) return t.skip(problem);
  const page = leftPage(t);
  const sweepOften = () => {
    for (let times = 0; times < 50 && existsSync(page); times += 1) sweep();
  };
  sweepOften();
  assert.ok(
    existsSync(page),
    'it is young: a writer without the addon may have yet to write down its process id',
  );
  utimesSync(page, 0, 0);
  sweepOften();
  assert.ok(!existsSync(page));
});

test('a process that closes a stream sweeps', (t) => {
  const problem = liveProblem() ?? addonProblem();
  if (problem !== undefined) return t.skip(problem);
  const page = leftPage(t);
  utimesSync(page, 0, 0);
  const path = join(temporaryDirectory(t), 'stream');
  const module = new URL('../../src/index.js', import.meta.url).href;
  const program = `const { Stream } = await import('${module}'); await (await Stream.open('${path}', { size: '1MiB' })).close();`;
  // Others' pages may be looked at in its place.
  for (let times = 0; times < 20 && existsSync(page); times += 1) {
    assert.equal(spawnSync(process.execPath, ['--input-type=module', '--eval', program]).status, 0);
  }
  assert.ok(!existsSync(page));
});
