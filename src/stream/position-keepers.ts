import { VarveError } from '../base/errors.js';
import type { ConsumerRecord } from '../core/log/consumer-records.js';
import type { ChangeFor, Journal } from '../core/log/journal.js';
import type { Change, JournalState } from '../core/log/journal-state.js';
import type { Position } from '../format/position.js';
import type { PositionFile } from './position-file.js';

/** Where the position of an open consumer is kept. */
export interface PositionKeeper {
  /** Everything up to this timestamp is acknowledged. */
  readonly position: number;
  readonly protect: boolean;
  /** Stores a position if it is further on, or `anyway`. Resolves once it is durable, and what was stored before. */
  move(position: number, anyway: boolean): Promise<void>;
  /** As `move`, blocking. */
  moveSync(position: number, anyway: boolean): void;
  /** Where the position is moved together with other things; undefined if it cannot be. */
  readonly journal: Journal | undefined;
  /** What moves it there, if that is further on. */
  movedTo(position: number): ChangeFor;
  /** Lets others open the consumer. */
  close(): void;
}

/** Keeps it in the journal of the log, of whoever writes to the stream. */
export class JournalKeeper implements PositionKeeper {
  readonly journal: Journal;
  readonly #name: string;
  readonly #id: number;
  /** Says to others that the consumer is open. */
  readonly #file: PositionFile | undefined;

  constructor(journal: Journal, { name, id }: ConsumerRecord, file: PositionFile | undefined) {
    this.journal = journal;
    this.#name = name;
    this.#id = id;
    this.#file = file;
  }

  get position(): number {
    return this.#in(this.journal.state).position;
  }

  get protect(): boolean {
    return this.#in(this.journal.state).protect;
  }

  movedTo(position: number): ChangeFor {
    return (state) => this.#moved(state, position, false);
  }

  move(position: number, anyway: boolean): Promise<void> {
    return this.journal.change((state) => this.#moved(state, position, anyway));
  }

  moveSync(position: number, anyway: boolean): void {
    this.journal.changeSync((state) => this.#moved(state, position, anyway));
  }

  close(): void {
    this.#file?.close(true);
  }

  #moved(state: Readonly<JournalState>, position: number, anyway: boolean): Change | undefined {
    const { id, position: before, revision } = this.#in(state);
    if (position === before || (position < before && !anyway)) return undefined;
    return { kind: 'position', id, position, revision: revision + 1 };
  }

  #in({ consumers }: Readonly<JournalState>): ConsumerRecord {
    const record = consumers.get(this.#id);
    if (record !== undefined) return record;
    throw new VarveError(
      'VARVE_NOT_FOUND',
      `The consumer '${this.#name}' was removed: open it again to make a new one`,
    );
  }
}

/** Keeps it in a file beside the stream, for a process that only reads the stream. */
export class FileKeeper implements PositionKeeper {
  readonly journal = undefined;
  readonly #file: PositionFile;
  #at: Position;
  /** The last one that was stored. */
  #stored: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(file: PositionFile, at: Position) {
    this.#file = file;
    this.#at = at;
  }

  get position(): number {
    return this.#at.position;
  }

  get protect(): boolean {
    return this.#at.protect;
  }

  move(position: number, anyway: boolean): Promise<void> {
    if (this.#advance(position, anyway) || this.#failed) {
      this.#failed = false;
      this.#stored = this.#file.save(this.#at);
      // Whoever waits learns of it, and may try again.
      this.#stored.catch(() => {
        this.#failed = true;
      });
    }
    return this.#stored;
  }

  moveSync(position: number, anyway: boolean): void {
    this.#advance(position, anyway);
    this.#file.saveSync(this.#at);
  }

  movedTo(): ChangeFor {
    return () => undefined;
  }

  close(): void {
    this.#file.close(false);
  }

  #advance(position: number, anyway: boolean): boolean {
    const { position: before, revision } = this.#at;
    if (position === before || (position < before && !anyway)) return false;
    this.#at = { ...this.#at, position, revision: revision + 1 };
    return true;
  }
}
