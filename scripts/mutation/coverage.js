// Which mutants a test reaches, from what V8 counted in all processes of the test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The mutants whose code was run.
 *
 * @param {string} directory where NODE_V8_COVERAGE had the counts written
 * @param {string} root of the tree in which the test was run
 * @param {object[]} mutants
 * @returns {Set<object>}
 */
export function reachedMutants(directory, root, mutants) {
  const base = `${pathToFileURL(root).href}/`;
  const byTarget = groupByTarget(mutants);
  const reached = new Set();
  for (const name of readdirSync(directory)) {
    const { result } = JSON.parse(readFileSync(join(directory, name), 'utf8'));
    for (const { url, functions } of result) {
      if (!url.startsWith(base)) continue;
      const ranges = functions.flatMap((each) => each.ranges);
      for (const mutant of byTarget.get(url.slice(base.length)) ?? []) {
        if (!reached.has(mutant) && isRun(ranges, mutant.start)) reached.add(mutant);
      }
    }
  }
  return reached;
}

/** The smallest range around a place says how often it was run. */
function isRun(ranges, at) {
  let size = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const range of ranges) {
    const { startOffset, endOffset } = range;
    if (at < startOffset || at >= endOffset || endOffset - startOffset > size) continue;
    size = endOffset - startOffset;
    count = range.count;
  }
  return count > 0;
}

function groupByTarget(mutants) {
  const groups = new Map();
  for (const mutant of mutants) groups.set(mutant.target, [...(groups.get(mutant.target) ?? []), mutant]);
  return groups;
}
