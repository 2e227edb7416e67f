import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addonTest, openScratch } from './support.js';

/** Runs one of the acts of harm-child.ts in a process of its own, and returns what it printed. */
function act(name: string, path: string): string {
  const child = fileURLToPath(new URL('./harm-child.js', import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', child, name, path], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(signal, null, `killed by ${signal}: ${stderr}`);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

addonTest('a file truncated under a mapping costs the pages, not the process', (_addon, t) => {
  assert.equal(
    act('truncated', openScratch(t, 64 * 1024).path),
    'lost 2 pages of the one, none of the other',
  );
});

addonTest('the same for a private mapping', (_addon, t) => {
  assert.equal(act('truncated-private', openScratch(t, 64 * 1024).path), 'lost, reads zero');
});

addonTest('sealing, flushing and streaming into lost pages goes on', (_addon, t) => {
  assert.equal(act('sealed-lost', openScratch(t, 64 * 1024).path), 'lost');
});

addonTest('any other SIGBUS still ends the process', (_addon, t) => {
  const child = fileURLToPath(new URL('./harm-child.js', import.meta.url));
  const { signal, stderr } = spawnSync(process.execPath, [child, 'bus', openScratch(t, 4096).path], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  // AddressSanitizer has a handler of its own, and having been called it says so.
  assert.ok(signal === 'SIGBUS' || /AddressSanitizer: BUS/.test(stderr), `${signal} ${stderr}`);
});

addonTest('the end of a process or worker with mappings alive is peaceful', (_addon, t) => {
  const { path } = openScratch(t, 64 * 1024);
  assert.equal(act('exit', path), 'leaving');
  assert.equal(act('workers', path), 'all workers gone, own mapping intact');
});

addonTest('a view that was stolen before unmap reads zeroes', (_addon, t) => {
  if (!('transfer' in ArrayBuffer.prototype)) {
    t.skip('this Node has no ArrayBuffer.prototype.transfer');
    return;
  }
  assert.equal(act('stolen', openScratch(t, 64 * 1024).path), 'zeroes');
});
