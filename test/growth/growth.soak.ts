import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemOf } from '../helpers/media.js';
import type { SoakPart } from '../helpers/soak.js';
import { Beside } from './beside.js';
import { Life, newStory, type Story } from './life.js';
import { csvOf, holdings, isTelling, latencies, type Sample, unlevel, verdictOf } from './samples.js';

const MEDIA = ['pmem', 'page-cache', 'file'] as const;
/** A stream is closed and opened again so often. */
const LIFE_MS = 60_000;
const SAMPLE_MS = 5000;

/**
 * A log that grows, is trimmed and retained, with consumers and a reading process, for as long as it is let: whether anything is lost, and whether what
 * it takes stays level. Each shard has a medium; its samples go to a file, which is named with the verdict.
 */
export const part: SoakPart = {
  name: 'growth and trimming',
  async run({ shard, until }) {
    const medium = MEDIA[shard % MEDIA.length] ?? 'file';
    const problem = problemOf(medium);
    if (problem !== undefined) throw new Error(`No ${medium} here: ${problem}`);
    const base = medium === 'pmem' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    const directory = mkdtempSync(join(base, 'varve-growth-'));
    const story = newStory(join(directory, 'stream'), medium);
    const samples: Sample[] = [];
    const beside = await watch(story, samples, until).catch((cause: Error) => {
      throw new Error(
        `growth on ${medium}, entry ${story.next}; the stream is kept in ${directory}: ${cause.stack}`,
        {
          cause,
        },
      );
    });
    const table = join(process.env['VARVE_GROWTH_SAMPLES'] ?? tmpdir(), `varve-growth-${medium}.csv`);
    writeFileSync(table, csvOf(samples));
    const wrong = unlevel(samples);
    console.log(`growth on ${medium}: ${howLevel(samples, wrong)}; ${verdictOf(samples)}; ${table}`);
    if (wrong.length > 0) throw new Error(`growth on ${medium}: ${wrong.join('; ')}`);
    rmSync(directory, { recursive: true });
    return {
      ...story.tally,
      readBeside: beside.told.seen,
      gapsBeside: beside.told.gaps,
      samples: samples.length,
    };
  },
};

async function watch(story: Story, samples: Sample[], until: number): Promise<Beside> {
  let beside: Beside | undefined;
  try {
    const started = Date.now();
    do {
      const life = await Life.begin(story);
      beside ??= new Beside(story.path, story.medium);
      await sampled(story, life, beside, samples, started, Math.min(until, Date.now() + LIFE_MS));
      await life.end();
    } while (Date.now() < until);
    await beside.end(story.next - 1);
    return beside;
  } catch (error) {
    beside?.kill();
    throw error;
  }
}

async function sampled(
  story: Story,
  life: Life,
  beside: Beside,
  samples: Sample[],
  started: number,
  until: number,
): Promise<void> {
  const finding = life.finding.then((error) => {
    throw error;
  });
  finding.catch(() => {});
  while (Date.now() < until) {
    const [from, entries] = [Date.now(), story.tally.entries];
    await Promise.race([sleep(SAMPLE_MS), finding]);
    beside.assertThere();
    samples.push({
      seconds: (Date.now() - started) / 1000,
      entriesPerSecond: ((story.tally.entries - entries) * 1000) / (Date.now() - from),
      ...latencies(story.times),
      ...holdings(story.path),
      ...life.state(),
      readerRss: beside.told.rss,
    });
  }
}

function howLevel(samples: readonly Sample[], wrong: readonly string[]): string {
  if (!isTelling(samples)) return 'too short to tell';
  return wrong.length === 0 ? 'level' : 'NOT LEVEL';
}
