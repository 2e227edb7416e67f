import { join } from 'node:path';
import type { Side } from '../lib/contest.js';
import type { Bench } from '../lib/groups.js';
import type { Role } from '../lib/record.js';
import type { Job } from './jobs.js';
import { SubjectProcess } from './subject-process.js';

/** Somebody who takes part in contests. */
export interface Member {
  readonly name: string;
  readonly role: Role;
  readonly subject: string;
  readonly setting: string;
  /** Entries of its rounds, where it is too slow for those of the others. */
  readonly entries?: number;
  /** Of varve only: those it is held against; left out: all. */
  readonly against?: readonly string[];
}

/** Members whose processes run. */
export class Cast {
  readonly #playing: { readonly member: Member; readonly process: SubjectProcess }[] = [];

  /** Those who cannot take part are left out aloud. */
  static async start(bench: Bench, members: readonly Member[]): Promise<Cast> {
    const cast = new Cast();
    for (const [index, member] of members.entries()) {
      const { name, subject, setting } = member;
      const directory = join(bench.directory, `${index}-${subject}`);
      try {
        const process = await SubjectProcess.start({ subject, setting, directory });
        cast.#playing.push({ member, process });
      } catch (error) {
        bench.leaveOut(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
    return cast;
  }

  /** Sides of a contest that do a job each; those to whom `jobOf` gives none have no part. */
  sides(jobOf: (member: Member) => Job | undefined): Side[] {
    return this.#playing.flatMap(({ member, process }) => {
      const { name, role, against, entries } = member;
      const job = jobOf(member);
      if (job === undefined) return [];
      return {
        name,
        role,
        run: () => process.time(job),
        ...(against === undefined ? {} : { against }),
        ...(entries === undefined ? {} : { entries }),
      };
    });
  }

  /** All that run, in their order. */
  get playing(): readonly { readonly member: Member; readonly process: SubjectProcess }[] {
    return this.#playing;
  }

  async close(): Promise<void> {
    for (const { process } of this.#playing) await process.close();
  }
}
