import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Their bytes in the machine language, in any form of the operand. */
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  sfence: '\\x0f\\xae\\xf8',
  clwb: '\\x66\\x0f\\xae[\\x30-\\x37\\x70-\\x77\\xb0-\\xb7]',
  clflushopt: '\\x66\\x0f\\xae[\\x38-\\x3f\\x78-\\x7f\\xb8-\\xbf]',
};

// What a processor does with them only a power cut could show; that they are there can be seen.
for (const [name, bytes] of Object.entries(INSTRUCTIONS)) {
  test(`the addon for x64 has the instruction ${name}`, (t) => {
    const file = fileURLToPath(new URL('../../../prebuilds/linux-x64/varve.node', import.meta.url));
    if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(file)) {
      t.skip('there is no such addon here');
      return;
    }
    assert.match(readFileSync(file, 'latin1'), new RegExp(bytes));
  });
}
