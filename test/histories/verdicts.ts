import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './check.js';
import { Synthetic } from './synthetic.js';
import { Violation } from './violation.js';

/** A history that a right stream can have. */
export function passes(title: string, write: (story: Synthetic) => void): void {
  test(`the checker takes ${title}`, () => {
    const story = new Synthetic();
    write(story);
    check(story.history);
  });
}

/** A history that no right stream can have, and the rule that it breaks. */
export function fails(rule: string, title: string, write: (story: Synthetic) => void): void {
  test(`the checker refuses ${title} (${rule})`, () => {
    const story = new Synthetic();
    write(story);
    assert.throws(
      () => check(story.history),
      (error) => {
        assert.ok(error instanceof Violation, String(error));
        assert.equal(error.rule, rule, error.message);
        return true;
      },
    );
  });
}
