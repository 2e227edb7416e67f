import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { addonProblem, loadAddon } from '../../src/base/native-loader.js';
import { compilerVersion } from '../sides/compile.js';
import { BENCH_ROOT } from './paths.js';
import { peerVersions } from './peers.js';

/** Where and with what figures came to be. */
export interface Environment {
  readonly machine: string;
  readonly memory: string;
  readonly kernel: string;
  /** The file systems that files were put on. */
  readonly places: readonly string[];
  /** What took part, with its version, or why it did not. */
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, as it is now. */
export function environment(places: readonly string[]): Environment {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown';
  return {
    machine: `${model}, ${processors.length} cores, ${process.platform}-${process.arch}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    places,
    versions: {
      varve: `${versionOf(join(BENCH_ROOT, '..'))}, ${addon()}`,
      node: process.version.slice(1),
      ...peerVersions(),
      ...compilerVersion(),
    },
  };
}

function addon(): string {
  const features = loadAddon()?.features;
  if (features === undefined) return `without its addon: ${addonProblem()}`;
  return `addon with ${features.flush} and CRC-32C by ${features.crc32c}`;
}

function versionOf(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}
