import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

// The tests of the addon once more, over other builds of it. From build/test/native/ the project is three levels up.
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../../..');
const compiler = process.env['CC'] || 'cc';

/** Builds a variant; false, and the test is skipped, where that is not possible. */
function build(t: TestContext, flag: string, file: string): boolean {
  if (process.platform !== 'linux' || spawnSync(compiler, ['--version']).status !== 0) {
    t.skip(`no C compiler (${compiler}) for the addon here`);
    return false;
  }
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build-native.js'), flag], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /warning/, 'the sources compile without a warning');
  assert.ok(existsSync(join(root, file)), stderr);
  return true;
}

function runAll(file: string, environment: NodeJS.ProcessEnv): void {
  const { NODE_TEST_CONTEXT: _, VARVE_NO_ADDON: _off, ...inherited } = process.env;
  const env = { ...inherited, ...environment, VARVE_ADDON: join(root, file) };
  for (const name of readdirSync(here).filter(
    (file) => file.endsWith('.test.js') && !file.startsWith('builds'),
  )) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--test-reporter=tap', join(here, name)],
      {
        encoding: 'utf8',
        env,
      },
    );
    assert.equal(status, 0, `${name}\n${stdout}\n${stderr}`);
    assert.match(stdout, /^# pass [1-9]/m, `${name} ran\n${stdout}`);
    assert.match(stdout, /^# fail 0$/m, `${name}\n${stdout}`);
  }
}

test('the tests pass over the build without special instructions', (t) => {
  const file = 'build/portable/varve.node';
  if (build(t, '--portable', file)) runAll(file, {});
});

test('the tests pass under AddressSanitizer and UndefinedBehaviorSanitizer', (t) => {
  const file = 'build/sanitized/varve.node';
  const library =
    spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (!existsSync(library)) {
    t.skip(`${compiler} brings no libasan.so`);
    return;
  }
  if (!build(t, '--sanitize', file)) return;
  runAll(file, { LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' });
});
