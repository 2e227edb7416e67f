import type { Persisting, PersistingHost } from './persisting.js';
import type { GroupCommit, Target } from './shared/group.js';

/** Makes durable what several threads have committed, by the group that they form. */
export class PersistTogether implements Persisting {
  readonly #group: GroupCommit;
  readonly #host: PersistingHost;
  /** What a drain of the caller's makes durable of what all threads have committed. */
  #target: Target | undefined;

  constructor(group: GroupCommit, host: PersistingHost) {
    this.#group = group;
    this.#host = host;
  }

  get durable(): number {
    return this.#group.durable;
  }

  seal(): number {
    const timestamp = this.#group.snapshot();
    this.#target = this.#group.seal();
    return timestamp;
  }

  drained(): void {
    if (this.#target !== undefined) this.#group.reached(this.#target);
    this.#target = undefined;
  }

  persistOwn(): void {
    try {
      const drained = this.#group.persistOwn();
      const { herald } = this.#host;
      // Where numbers are written and not just stored, the thread that has drained may be about to: readers are to know before this is acknowledged.
      if (herald !== undefined && (drained || !herald.stores)) herald.announce();
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  persistSync(): void {
    const { committed } = this.#group;
    try {
      this.#group.persistSync(committed);
    } catch (error) {
      throw this.#host.failed(error);
    }
    this.#host.settle(committed);
  }

  async persistGroup(): Promise<void> {
    // Not this thread's clock: another one may have committed what somebody here waits for.
    const target = this.#group.committed;
    await this.#group.persist(target);
    this.#host.settle(target);
  }

  async persistUpTo(timestamp: number): Promise<void> {
    try {
      await this.#group.persist(timestamp);
    } catch (error) {
      throw this.#host.failed(error);
    }
  }
}
