/** Those who wait for the same drain: one promise for all of them. */
interface Group {
  /** The newest timestamp that one of them waits for. */
  newest: number;
  readonly persisted: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait until what they have appended is persisted, in groups: each waits for one drain, in the order of the drains. */
export class Waiters {
  #groups: Group[] = [];
  /** The last of them, as long as others may join it. */
  #gathering: Group | undefined;

  get none(): boolean {
    return this.#groups.length === 0;
  }

  /** Resolves once `timestamp` is persisted, and what others of the same group wait for. */
  add(timestamp: number): Promise<void> {
    const group = this.#gathering ?? this.#begin();
    if (timestamp > group.newest) group.newest = timestamp;
    return group.persisted;
  }

  /** A drain is about to begin: who comes from now on waits for the next one. */
  close(): void {
    this.#gathering = undefined;
  }

  /** Everything up to `timestamp` is persisted. */
  resolveUpTo(timestamp: number): void {
    const groups = this.#groups;
    this.#groups = groups.filter(({ newest }) => newest > timestamp);
    if (this.#gathering !== undefined && this.#gathering.newest <= timestamp) this.#gathering = undefined;
    for (const { newest, resolve } of groups) if (newest <= timestamp) resolve();
  }

  /** Those who wait learn that their entries are committed, but not durable. */
  rejectAll(error: unknown): void {
    const groups = this.#groups;
    this.#groups = [];
    this.#gathering = undefined;
    for (const { reject } of groups) reject(error);
  }

  #begin(): Group {
    let settle: Pick<Group, 'resolve' | 'reject'> | undefined;
    const persisted = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const { resolve, reject } = settle as unknown as Pick<Group, 'resolve' | 'reject'>;
    this.#gathering = { newest: 0, persisted, resolve, reject };
    this.#groups.push(this.#gathering);
    return this.#gathering;
  }
}
