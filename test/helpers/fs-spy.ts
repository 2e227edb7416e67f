import fs, { fstatSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

/** What was seen of one operation on a file. */
export interface Seen {
  readonly name: string;
  readonly directory: boolean;
}

const SYNCS = ['fsyncSync', 'fdatasyncSync', 'fsync', 'fdatasync'] as const;

/**
 * Stands between varve and node:fs for the rest of the test: sees every sync, and can let each of them fail as a broken disk would.
 * It sees the media that sync through node:fs.
 */
export class FsSpy {
  readonly seen: Seen[] = [];
  /** The errno name with which syncs fail from now on. */
  failing: string | undefined;

  /** Puts the spy in place until the test is over. */
  static install(t: TestContext): FsSpy {
    const spy = new FsSpy();
    const originals = SYNCS.map((name) => [name, fs[name]] as const);
    for (const name of SYNCS)
      Object.assign(fs, { [name]: spy.#standIn(name, fs[name] as (...args: unknown[]) => unknown) });
    syncBuiltinESMExports();
    t.after(() => {
      for (const [name, original] of originals) Object.assign(fs, { [name]: original });
      syncBuiltinESMExports();
    });
    return spy;
  }

  /** Syncs of files so far, directories left out. */
  get syncs(): number {
    return this.seen.filter((one) => !one.directory).length;
  }

  /** Syncs of directories so far. */
  get directorySyncs(): number {
    return this.seen.filter((one) => one.directory).length;
  }

  #standIn(name: string, original: (...args: unknown[]) => unknown) {
    return (...args: unknown[]): unknown => {
      this.seen.push({ name, directory: fstatSync(args[0] as number).isDirectory() });
      if (this.failing === undefined) return original(...args);
      const error = Object.assign(new Error(`${this.failing}: i/o error, ${name}`), {
        code: this.failing,
        syscall: name,
      });
      const callback = args.at(-1);
      if (typeof callback !== 'function') throw error;
      setImmediate(() => callback(error));
      return undefined;
    };
  }
}
