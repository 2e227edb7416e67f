import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAddon } from '../../src/base/native-loader.js';
import { walkEntries } from '../../src/format/walk.js';
import type { SoakPart, SoakRequest } from '../helpers/soak.js';
import { buildFuzzer, runFuzzer } from './fuzzer.js';
import { verify } from './support.js';

/** Debian's names for it, newest first. */
const CLANGS = ['clang', 'clang-19', 'clang-16', 'clang-14'];
const HEAD = 8;

/** libFuzzer over the pure functions of the addon, guided by what of them was reached; its corpus then through the reference. */
export const part: SoakPart = {
  name: 'native/fuzz',
  async run(request) {
    const directory = mkdtempSync(join(tmpdir(), 'varve-fuzz-'));
    try {
      return fuzz(directory, request);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function fuzz(directory: string, { seed, shard, until }: SoakRequest): Record<string, number> {
  const program = join(directory, 'fuzz');
  const clang = CLANGS.find((name) => buildFuzzer(name, ['-fsanitize=fuzzer'], program) === undefined);
  if (clang === undefined) {
    console.error('native/fuzz: SKIPPED, no clang with libFuzzer here (Debian: clang and libclang-rt-dev)');
    return {};
  }
  const corpus = join(directory, 'corpus');
  mkdirSync(corpus);
  const seconds = Math.max(1, Math.floor((until - Date.now()) / 1000));
  const args = [
    `-max_total_time=${seconds}`,
    `-seed=${seed + shard}`,
    '-max_len=4096',
    '-print_final_stats=1',
    corpus,
  ];
  const said = runFuzzer(program, args, directory);
  const executions = Number(/number_of_executed_units: (\d+)/.exec(said)?.[1]);
  const edges = Number([...said.matchAll(/ cov: (\d+)/g)].at(-1)?.[1]);
  return { executions, edges, corpus: compareAll(corpus) };
}

/** What clang's build walked over, the reference and the addon in use walk over in the same way. */
function compareAll(corpus: string): number {
  const addon = loadAddon();
  const names = addon === undefined ? [] : readdirSync(corpus);
  for (const name of names) {
    const input = readFileSync(join(corpus, name));
    const bytes = new Uint8Array((input.length - HEAD) & ~3);
    bytes.set(input.subarray(HEAD, HEAD + bytes.length));
    const [seed, after] = [input.readUInt32LE(0), input[4] ?? 0];
    const { end, ...walk } = walkEntries(
      new Uint32Array(bytes.buffer),
      0,
      bytes.length,
      seed,
      after,
      2 ** 53 - 1,
    );
    const { position, ...found } = verify(addon as NonNullable<typeof addon>, bytes, seed, { after });
    if (JSON.stringify({ end, ...walk }) !== JSON.stringify({ end: position, ...found }))
      throw new Error(`the addon and the reference differ on ${input.toString('base64')}`);
  }
  return names.length;
}
