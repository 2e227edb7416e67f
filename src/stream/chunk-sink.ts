import type { Data } from './data.js';
import { Entry } from './entry.js';
import { type AppendOptions, persistsBeforeDone } from './options.js';
import type { Form, WritableOptions } from './stream-options.js';

/** What can be streamed into. */
export interface EntrySink {
  append(data: Data, options?: AppendOptions): Promise<Entry>;
}

/** Appends what a writable stream is given, in order: a chunk that fails keeps those behind it out. */
export class ChunkSink {
  readonly #target: EntrySink;
  readonly #form: Form;
  readonly #persists: boolean;
  /** The last entry that was only committed so far. */
  #last: Entry | undefined;
  #stopped = false;

  constructor(target: EntrySink, options: WritableOptions | undefined, form: Form) {
    this.#target = target;
    this.#form = form;
    this.#persists = persistsBeforeDone(options);
  }

  /** Appends chunks as one group. Resolves once the last one is persisted, or committed if that was asked for. */
  async write(chunks: Iterable<unknown>): Promise<void> {
    for (const chunk of chunks) {
      if (this.#stopped) return;
      this.#last = await this.#target.append(this.#dataOf(chunk), { until: 'committed' });
    }
    if (this.#persists) await this.persist();
  }

  /** Resolves once everything that was written is persisted. */
  async persist(): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    this.#last = undefined;
    await last.region.whenPersisted(last);
  }

  /** Nothing more is appended. */
  stop(): void {
    this.#stopped = true;
  }

  #dataOf(chunk: unknown): Data {
    const { codec, objectMode } = this.#form;
    if (codec !== undefined) return codec.encode(chunk);
    return objectMode && chunk instanceof Entry ? chunk.data : (chunk as Data);
  }
}
