import { test } from 'node:test';
import { KINDS } from '../helpers/media.js';
import { perform } from './perform.js';

for (const kind of KINDS) {
  test(`views show nothing of others after free, clear, close, exit, and beside a writer (${kind})`, (t) =>
    perform(t, 'freed,cleared,churned,taken,exited', kind, 60));
  test(`workers end with streams and views in use (${kind})`, (t) => perform(t, 'workers', kind, 2));
  test(`opened and closed many times: nothing is left behind (${kind})`, (t) =>
    perform(t, 'repeated', kind, kind === 'page-cache' ? 2000 : 500));
}
