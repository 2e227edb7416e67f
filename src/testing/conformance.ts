import { contentChecks } from './content-checks.js';
import { durabilityChecks } from './durability-checks.js';
import { growthChecks } from './growth-checks.js';
import { harmlessChecks } from './harmless-checks.js';
import { shapeChecks } from './shape-checks.js';
import { type Check, type MediumSource, Workbench } from './workbench.js';

/** What `mediumConformance` needs. */
export interface MediumConformanceOptions extends MediumSource {
  /** Stands before the name of every test. */
  readonly name: string;
  /** Declares a test: that of `node:test`, or of a runner with the same first two parameters. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** False for a medium whose `retains` is false: what is stored in it is not looked for then. Default true. */
  readonly retains?: boolean;
}

/**
 * Declares the tests that every medium has to pass: the promises of `Medium`, one by one.
 *
 * What only a power cut shows, the durability of what was drained, is tested as far as opening again can show it.
 *
 * @param options how media are made and opened again, and how tests are declared
 *
 * @example
 * import { test } from 'node:test';
 * import { mediumConformance } from 'varve/testing';
 *
 * mediumConformance({ name: 'mine', test, create: (size) => new MyMedium(size) });
 */
export function mediumConformance(options: MediumConformanceOptions): void {
  const retains = options.retains ?? true;
  declare(options, shapeChecks);
  declare(options, harmlessChecks);
  declare(options, growthChecks);
  if (retains) declare(options, contentChecks);
  if (retains && options.reopen !== undefined) declare(options, durabilityChecks);
}

function declare(options: MediumConformanceOptions, checks: Readonly<Record<string, Check>>): void {
  for (const [title, check] of Object.entries(checks)) {
    options.test(`${options.name}: ${title}`, async () => {
      const bench = new Workbench(options);
      try {
        await check(bench);
      } finally {
        bench.closeAll();
      }
    });
  }
}
