import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cachesSurvivePowerCut } from '../../src/media/power.js';

/** A machine with these persistence domains, as Linux would describe it; undefined: one that does not say. */
function machine(...domains: (string | undefined)[]): string {
  const devices = mkdtempSync(join(tmpdir(), 'varve-power-'));
  mkdirSync(join(devices, 'namespace0.0'));
  for (const [index, domain] of domains.entries()) {
    const region = join(devices, `region${index}`);
    mkdirSync(region);
    if (domain !== undefined) writeFileSync(join(region, 'persistence_domain'), `${domain}\n`);
  }
  return devices;
}

const CASES: readonly (readonly [string, readonly (string | undefined)[], boolean])[] = [
  ['all persistent memory is behind caches that survive', ['cpu_cache', 'cpu_cache'], true],
  ['some of it is not', ['cpu_cache', 'memory_controller'], false],
  ['some of it does not say', ['cpu_cache', undefined], false],
  ['there is none', [], false],
];

for (const [name, domains, survives] of CASES) {
  test(`stores need ${survives ? 'no flush' : 'a flush'} where ${name}`, (t) => {
    const devices = machine(...domains);
    t.after(() => rmSync(devices, { recursive: true }));
    assert.equal(cachesSurvivePowerCut(devices), survives);
  });
}

test('a machine without such devices flushes', () => {
  assert.equal(cachesSurvivePowerCut('/nowhere/at/all'), false);
});
