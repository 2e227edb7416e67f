import type { TestContext } from 'node:test';
import { openCore } from '../../src/core/open.js';
import { takeSync } from '../../src/core/steps.js';
import type { StreamCore } from '../../src/core/stream-core.js';
import { openMedium } from '../../src/media/open.js';
import type { FilePlace } from '../helpers/media.js';

/** The core of a read-only stream, closed after the test: what it hears of the writer is no part of the public contract. */
export function readingCore(t: TestContext, { path, kind }: FilePlace): StreamCore {
  const options = { mode: 'open', readOnly: true, medium: kind as 'file' } as const;
  const medium = openMedium(path, options);
  const request = {
    ...options,
    size: undefined,
    maxSize: undefined,
    blockSize: undefined,
    onProgress: () => {},
  };
  const core = takeSync(openCore(medium, request), medium);
  t.after(() => {
    if (!core.closed) core.tasks.runSync(core.close());
  });
  return core;
}
