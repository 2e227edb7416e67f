import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../helpers/media.js';

const HOOK = new URL('../examples/use-this-build.js', import.meta.url).href;
const SUITE = fileURLToPath(new URL('suite.js', import.meta.url));

test("the example's database passes the test suite that abstract-level publishes", async (t) => {
  const args = ['--import', HOOK, SUITE, temporaryDirectory(t)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let tap = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    tap += piece;
  });
  const [code] = await once(child, 'close');
  const failures = tap.match(/^not ok .*(\n(?!ok|not ok|#).*)*/gm) ?? [];
  assert.deepEqual(failures, []);
  assert.equal(code, 0);
  const [, planned = '0'] = /^1\.\.(\d+)$/m.exec(tap) ?? [];
  const passed = tap.match(/^ok /gm)?.length;
  assert.equal(passed, Number(planned));
  assert.ok(Number(planned) > 5000, `the suite made ${planned} assertions`);
  t.diagnostic(`${planned} assertions`);
});
