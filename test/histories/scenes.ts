import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addonProblem } from '../../src/base/native-loader.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { check, type Judged } from './check.js';
import { readHistory } from './decode.js';
import { FOREIGN, type Kill } from './history.js';
import type { ReaderOrder, WriterOrder } from './orders.js';
import { Actor } from './process.js';
import { now } from './tape.js';

/** What is played on one stream. */
export interface Scene {
  readonly medium: 'memory' | 'pmem' | 'page-cache' | 'file';
  /** False: every process goes without the addon. */
  readonly addon: boolean;
  /** Threads of the writing process beside its main one. */
  readonly workers: number;
  /** Processes that read. */
  readonly readers: number;
  /** Writing processes, one after the other; all but the last are killed. */
  readonly runs: number;
  /** Workers are terminated in the midst of their work. */
  readonly terminates: boolean;
  /** Milliseconds of a run. */
  readonly time: number;
  readonly seed: number;
}

/** In words. */
export function titleOf({ medium, addon, workers, readers, runs, terminates }: Scene): string {
  const parts = [
    `${medium}${addon ? '' : ' without the addon'}`,
    `${workers + 1} threads${terminates ? ', some terminated' : ''}`,
    ...(readers > 0 ? [`${readers} reading processes`] : []),
    ...(runs > 1 ? [`${runs - 1} kills`] : []),
  ];
  return parts.join(', ');
}

/** Why a scene cannot be played here; undefined if it can. */
export function problemOf({ medium, addon }: Scene): string | undefined {
  return addon && medium !== 'file' && medium !== 'memory' ? addonProblem() : undefined;
}

/**
 * Plays a scene and judges its history.
 *
 * @throws Error at a finding; its message tells how to see it again, and where the history is kept
 */
export async function play(scene: Scene): Promise<Judged> {
  const base = scene.medium !== 'file' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(base, 'varve-histories-'));
  const stage = new Stage(scene, directory);
  try {
    await stage.play();
    return { ...check(readHistory(directory, stage.kills)), ...stage.counts };
  } catch (cause) {
    const kept = mkdtempSync(join(tmpdir(), 'varve-finding-'));
    cpSync(directory, kept, { recursive: true });
    const errors = join(directory, 'errors');
    throw new Error(
      `${titleOf(scene)}, seed ${scene.seed}: ${cause instanceof Error ? cause.message : String(cause)}\n` +
        `${existsSync(errors) ? readFileSync(errors, 'utf8').slice(0, 4000) : ''}` +
        `The stream and all tapes are kept in ${kept}; scene: ${JSON.stringify(scene)}, kills: ${JSON.stringify([...stage.kills])}`,
      { cause },
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts and ends the processes of a scene. */
class Stage {
  readonly kills = new Map<number, Kill>();
  readonly counts = { runs: 0, kills: 0, terminated: 0, readers: 0 };
  readonly #scene: Scene;
  readonly #directory: string;
  readonly #random: Random;
  readonly #readers: Actor[] = [];

  constructor(scene: Scene, directory: string) {
    this.#scene = scene;
    this.#directory = directory;
    this.#random = seededRandom(scene.seed);
  }

  async play(): Promise<void> {
    try {
      for (let run = 1; run <= this.#scene.runs; run += 1) await this.#write(run);
      await Promise.all(this.#readers.map((reader) => reader.finished()));
    } finally {
      await Promise.all(this.#readers.map((reader) => reader.end()));
    }
  }

  async #write(run: number): Promise<void> {
    const { runs, time } = this.#scene;
    const writer = new Actor('writer', this.#writerOrder(run), this.#scene.addon);
    try {
      await writer.said('ready');
      this.counts.runs += 1;
      if (run === 1) this.#startReaders();
      if (run < runs) {
        await delay((this.#random(1000) / 1000) * time);
        const dying = now();
        await writer.kill();
        this.kills.set(run, { dying, killed: now() });
        this.counts.kills += 1;
      } else {
        await delay(time / 2);
        for (const reader of this.#readers) reader.tell('that was it');
        await writer.finished();
        this.counts.terminated += Number(/^terminated (\d+)$/m.exec(writer.text)?.[1] ?? 0);
      }
    } finally {
      await writer.end();
    }
  }

  #startReaders(): void {
    const { medium, readers, addon } = this.#scene;
    if (medium === 'memory') return;
    for (let index = 0; index < readers; index += 1) {
      const order: ReaderOrder = {
        path: join(this.#directory, 'stream'),
        medium,
        directory: this.#directory,
        actor: FOREIGN + index,
        seed: this.#random(2 ** 32),
      };
      this.#readers.push(new Actor('reader', order, addon));
      this.counts.readers += 1;
    }
  }

  #writerOrder(run: number): WriterOrder {
    const { medium, workers, time, terminates, runs } = this.#scene;
    return {
      path: medium === 'memory' ? undefined : join(this.#directory, 'stream'),
      medium: medium === 'memory' ? 'auto' : medium,
      directory: this.#directory,
      run,
      seed: this.#random(2 ** 32),
      workers,
      time,
      terminates,
      dies: run < runs,
      last: run === runs,
    };
  }
}
