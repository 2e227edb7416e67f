import { createRequire } from 'node:module';

/** Modules of Node that take milliseconds to load, and that most programs which open a stream have no other use for. */
interface Builtins {
  readonly 'node:child_process': typeof import('node:child_process');
  readonly 'node:crypto': typeof import('node:crypto');
  readonly 'node:stream/web': typeof import('node:stream/web');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
}

/** One of them, loaded when it is asked for first. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  return createRequire(import.meta.url)(name) as Builtins[Name];
}
