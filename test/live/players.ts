import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { KindName } from '../helpers/media.js';
import type { Wish } from './player.js';

const PLAYER = fileURLToPath(new URL('./player.js', import.meta.url));

/** Why no process of that user can be a player here; undefined if one can. */
export function problemAs(uid: number): string | undefined {
  if (process.geteuid?.() !== 0) return 'only root can be somebody else';
  const { status } = spawnSync(process.execPath, ['--check', PLAYER], { uid, gid: uid });
  return status === 0 ? undefined : 'another user may not read the tests here';
}

/** How a player opens the stream. */
export interface PlayerOptions {
  readonly path: string;
  readonly kind: KindName;
  readonly addon: boolean;
  /** Left out: a reader is woken, or waits for ever. */
  readonly looks?: boolean;
  /** Another user than the test's. */
  readonly uid?: number;
}

/** A process that does what it is asked for. */
export class Player {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly #answers: number[] = [];
  #onAnswer: () => void = () => {};
  #gone = false;

  constructor(
    t: { after(ending: () => unknown): void },
    { path, kind, addon, looks = false, uid }: PlayerOptions,
  ) {
    const { VARVE_NO_ADDON: _, ...inherited } = process.env;
    const env = addon ? inherited : { ...inherited, VARVE_NO_ADDON: '1' };
    const args = [path, kind, ...(looks ? [] : ['without-looks'])];
    this.process = fork(PLAYER, args, { env, execArgv: [], ...(uid === undefined ? {} : { uid, gid: uid }) });
    this.ended = once(this.process, 'exit');
    this.process.on('message', (answer: number) => {
      this.#answers.push(answer);
      this.#onAnswer();
    });
    this.process.on('exit', () => {
      this.#gone = true;
      this.#onAnswer();
    });
    t.after(async () => {
      this.process.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Asks for something, and returns the answer. */
  ask(wish: Wish): Promise<number> {
    this.tell(wish);
    return this.answer();
  }

  /** Asks for something without waiting for the answer. */
  tell(wish: Wish): void {
    this.process.send(wish);
  }

  /** The next answer that was not taken yet. */
  async answer(): Promise<number> {
    while (this.#answers.length === 0) {
      if (this.#gone) throw new Error('the player is gone');
      await new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
      });
    }
    return this.#answers.shift() as number;
  }

  /** How many answers are there that nobody took. */
  get unread(): number {
    return this.#answers.length;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
