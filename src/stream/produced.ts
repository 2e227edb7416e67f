import { rangeError, typeError } from '../base/errors.js';
import { PRODUCER_MAX, type Produced } from '../core/log/leader.js';
import type { Producers } from '../core/log/producers.js';
import type { Entry } from './entry.js';
import type { LogAppendOptions } from './log-options.js';
import { assertOptions } from './options.js';

/** Checks who appends, as the options say; undefined if they do not. */
export function producedOption(options: LogAppendOptions | undefined): Produced | undefined {
  assertOptions(options);
  if (options === undefined || (options.producer === undefined && options.sequence === undefined))
    return undefined;
  const { producer, sequence } = options;
  if (typeof producer !== 'string' || typeof sequence !== 'number') {
    throw typeError(
      `Cannot use ${String(producer)} as producer with sequence ${String(sequence)}: they must be a string and a number, both or none`,
    );
  }
  const bytes = Buffer.byteLength(producer);
  if (bytes < 1 || bytes > PRODUCER_MAX)
    throw rangeError(
      `Cannot use a producer of ${bytes} bytes: it must have 1 to ${PRODUCER_MAX} bytes of UTF-8`,
    );
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw rangeError(`Cannot use ${sequence} as sequence: it must be a whole number from 0 to 2^53 - 1`);
  return { producer, sequence };
}

/** Appends of producers that are under way, and those that there were: a repeat gets what the first one got. */
export class Repeats {
  readonly #producers: Producers;
  readonly #get: (timestamp: number) => Entry | undefined;
  readonly #underWay = new Map<string, Promise<Entry>>();

  /** @param get the entry with a timestamp */
  constructor(producers: Producers, get: (timestamp: number) => Entry | undefined) {
    this.#producers = producers;
    this.#get = get;
  }

  /** The entry that is there; undefined if it is to be appended. Throws as `Producers.find`. */
  find(produced: Produced | undefined): Entry | undefined {
    const timestamp = produced === undefined ? undefined : this.#producers.find(produced);
    return timestamp === undefined ? undefined : this.#get(timestamp);
  }

  /** The append that is under way. */
  underWay(produced: Produced): Promise<Entry> | undefined {
    return this.#underWay.get(keyOf(produced));
  }

  /** Has an append found as long as it is under way. */
  begin(produced: Produced, appended: Promise<Entry>): Promise<Entry> {
    const key = keyOf(produced);
    this.#underWay.set(key, appended);
    const end = () => this.#underWay.delete(key);
    appended.then(end, end);
    return appended;
  }
}

function keyOf({ producer, sequence }: Produced): string {
  return `${sequence} ${producer}`;
}
