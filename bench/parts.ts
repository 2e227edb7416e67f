import type { Part } from './lib/groups.js';

/**
 * The parts of the harness in the order of the page. Each is loaded where it is needed only: a process that measures has seen
 * nothing of the others.
 */
export const PARTS: Readonly<Record<string, () => Promise<{ readonly part: Part }>>> = {
  append: () => import('./append.js'),
  disk: () => import('./disk.js'),
  latency: () => import('./latency.js'),
  read: () => import('./read.js'),
  open: () => import('./open.js'),
  space: () => import('./space.js'),
  threads: () => import('./threads.js'),
  readers: () => import('./readers.js'),
  wake: () => import('./wake.js'),
  consumers: () => import('./consumers.js'),
  growth: () => import('./growth/index.js'),
};
