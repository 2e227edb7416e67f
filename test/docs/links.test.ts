import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { page, pathInProject } from './pages.js';

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(pathInProject('docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Files and folders of the project that a page names in backticks, from the root. */
function namedIn(text: string): string[] {
  const names = text.matchAll(/`((?:src|native|test|docs|scripts|bench|examples|demo)\/[\w./-]*)`/g);
  return Array.from(names, ([, name = '']) => name);
}

for (const name of PAGES) {
  test(`${name} names files that are there`, () => {
    const text = page(name);
    for (const file of namedIn(text)) assert.ok(existsSync(pathInProject(file)), `${file}, named in ${name}`);
    for (const [, link = ''] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      assert.ok(existsSync(pathInProject(join(dirname(name), link))), `${link}, linked from ${name}`);
    }
  });
}

test('the architecture page names every file of the core', () => {
  const text = page('docs/architecture.md');
  for (const file of readdirSync(pathInProject('src/core'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts'))
      assert.ok(text.includes(basename(file)), `src/core/${file} is not in docs/architecture.md`);
  }
});
