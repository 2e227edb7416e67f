import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const PROGRAM = `
import { Stream } from ${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)};
const stream = Stream.openSync(process.argv[1], { size: '1MiB' });
stream.allocateSync(4096).appendSync('well');
console.log(stream.medium.kind);
stream.closeSync();
`;

/** Runs the program on a new file, with this environment. */
function run(folder: string, environment: NodeJS.ProcessEnv): { stdout: string; stderr: string } {
  const { VARVE_NO_ADDON: _off, VARVE_ADDON: _other, ...inherited } = process.env;
  const options = { env: { ...inherited, ...environment }, encoding: 'utf8' } as const;
  const file = join(folder, `${Object.keys(environment)[0]}.varve`);
  return spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, file], options);
}

test('an addon that cannot be loaded is told in one sentence, and varve goes on with files', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-loader-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const broken = join(folder, 'broken.node');
  writeFileSync(broken, 'no library');
  const { stdout, stderr } = run(folder, { VARVE_ADDON: broken });
  assert.equal(stdout, 'file\n');
  assert.equal(
    stderr.match(/\[VARVE_ADDON\] Warning: The native addon is not in use: .*/g)?.length,
    1,
    stderr,
  );
});

test('an addon that is turned off is nothing to tell', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-loader-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual((({ stdout, stderr }) => [stdout, stderr])(run(folder, { VARVE_NO_ADDON: '1' })), [
    'file\n',
    '',
  ]);
});
