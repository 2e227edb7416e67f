import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Round, roundOf, SCRIPT } from '../lib/calm.js';
import { program } from '../lib/paths.js';
import type { Answer, Job, Order } from './jobs.js';

/** A subject in a process of its own. */
export class SubjectProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** What opening took, the loading of its modules not counted. */
  readonly opened: Round;

  private constructor(child: ChildProcess, name: string, opened: Round) {
    this.#child = child;
    this.#name = name;
    this.opened = opened;
  }

  /** @throws if the subject is not installed, or does not open */
  static async start(order: Order): Promise<SubjectProcess> {
    const child = fork(program('subjects/worker'), [JSON.stringify(order)], {
      serialization: 'advanced',
      execArgv: process.execArgv,
    });
    try {
      const opened = asRound(await answerOf(child, order.subject));
      return new SubjectProcess(child, order.subject, opened);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  async time(job: Job): Promise<Round> {
    return asRound(await this.#do(job));
  }

  /** Nanoseconds of each entry. */
  async times(job: Job): Promise<readonly number[]> {
    const { value } = await this.#do(job);
    return [value].flat();
  }

  /** Closes its log, and ends. */
  async close(): Promise<void> {
    await this.#do({ what: 'close' });
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  /** Ends without closing anything. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #do(job: Job): Promise<Done> {
    this.#child.send(job);
    return answerOf(this.#child, this.#name);
  }
}

type Done = Exclude<Answer, { problem: string }>;

function asRound({ value, probe }: Done): Round {
  const [time = Number.NaN] = [value].flat();
  return probe === undefined ? { time } : roundOf(time, [probe], SCRIPT);
}

async function answerOf(child: ChildProcess, name: string): Promise<Done> {
  const answer = await new Promise<Answer>((resolve) => {
    const gone = (code: number | null): void => resolve({ problem: `its process ended with ${code}` });
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as Answer);
    });
  });
  if ('problem' in answer) throw new Error(`${name}: ${answer.problem}`);
  return answer;
}
