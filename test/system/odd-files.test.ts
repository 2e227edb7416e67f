import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, isFailure } from '../helpers/errors.js';
import { filePlaceOn, onEveryFile, problemOf } from '../helpers/media.js';
import { problemOfCommand } from '../media/system.js';
import { directoryForFile } from '../media/workplace.js';
import { Account } from './account.js';
import { judgeImage } from './judging.js';
import { runVictim } from './real.js';

const directory = directoryForFile(tmpdir());

for (const flag of ['i', 'a'] as const) {
  onEveryFile(`a file with the attribute ${flag}: a reader reads, a writer is told`, async (t, place) => {
    const path = join(directory, `${flag}-${place.kind}`);
    const stream = await Stream.open(path, { size: '64KiB', medium: place.kind as 'file' });
    (await stream.allocate(4096)).appendSync('kept');
    await stream.close();
    const problem = problemOfCommand('chattr', [`+${flag}`, path]);
    if (problem !== undefined) return t.skip(problem);
    t.after(() => void problemOfCommand('chattr', [`-${flag}`, path]));
    fails('VARVE_IO', () => Stream.openSync(path));
    const reader = Stream.openSync(path, { readOnly: true });
    assert.deepEqual(texts(reader.entries()), ['kept']);
    reader.closeSync();
  });
}

for (const kind of ['file', 'page-cache'] as const) {
  test(`another file is put in the place of an open one: nothing more is acknowledged (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const place = filePlaceOn(t, kind);
    const stream = await place.open();
    const region = await stream.allocate('64KiB', { name: 'r' });
    region.appendSync('before');
    copyFileSync(place.path, `${place.path}.other`);
    renameSync(`${place.path}.other`, place.path);
    fails('VARVE_POISONED', () => region.appendSync('lost'));
    fails('VARVE_POISONED', () => stream.closeSync());
    assert.deepEqual(texts((await place.open()).entries()), ['before']);
  });

  test(`a limit on the size of files: an error, not a dead process (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const problem = problemOfCommand('prlimit', ['--version']);
    if (problem !== undefined) return t.skip(problem);
    const path = join(directory, `limited-${kind}`);
    const account = new Account();
    const wrapper = ['prlimit', '--fsize=600000'];
    const small = await runVictim(path, kind, account, { wrapper });
    assert.deepEqual([small.errors, account.promises], [['VARVE_IO'], 0]);
    await runVictim(path, kind, account, { rounds: 1 });
    const told = await runVictim(path, kind, account, { wrapper: ['prlimit', '--fsize=60000'] });
    if (kind === 'file') assert.match(told.errors.join(' '), /VARVE_IO/);
    judgeImage(path, kind, account);
  });
}

test('a block device loses its end, and gets it back', async (t) => {
  const backing = join(directory, 'backing');
  writeFileSync(backing, '');
  truncateSync(backing, 2 ** 20);
  const { status, stdout, stderr, error } = spawnSync('losetup', ['--find', '--show', backing], {
    encoding: 'utf8',
  });
  if (status !== 0) return t.skip(`losetup does not work here: ${error?.message ?? stderr.trim()}`);
  const device = stdout.trim();
  t.after(() => void problemOfCommand('losetup', ['-d', device]));
  const account = new Account();
  await runVictim(device, 'file', account, { rounds: 1 });
  copyFileSync(backing, `${backing}.whole`);
  truncateSync(backing, 8192);
  const { errors } = await runVictim(device, 'file', account, { rounds: 3 });
  assert.ok(errors.length > 0, 'the device is gone, and nobody was told');
  copyFileSync(`${backing}.whole`, backing);
  judgeImage(backing, 'file', account);
});

test('a file removed under an open stream on pmem: what was told stays readable, and the process lives', (t) => {
  if (problemOf('pmem') !== undefined) return t.skip(problemOf('pmem'));
  const place = filePlaceOn(t, 'pmem');
  const stream = place.openSync();
  const region = stream.allocateSync('64KiB', { name: 'r' });
  region.appendSync('before');
  rmSync(place.path);
  try {
    region.appendSync('after');
    stream.closeSync();
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_IO', 'VARVE_POISONED']));
  }
});
