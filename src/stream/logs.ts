import { VarveError } from '../base/errors.js';
import { act, actSync } from '../core/log/acts.js';
import type { LogOptions as KeptOptions } from '../core/log/facts.js';
import { Journal, journalSize } from '../core/log/journal.js';
import { LogCore } from '../core/log/log-core.js';
import { logNames } from '../core/log/removal.js';
import { tidy } from '../core/log/trim.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import { Log } from './log.js';
import { checkedLogOptions, defaultLogOptions, type LogOptions, logName } from './log-options.js';
import type { Region } from './region.js';
import { SegmentRegion } from './segment-region.js';

/** The logs of a stream, as far as this thread has to do with them. */
export class Logs {
  readonly #core: StreamCore;
  readonly #regionOf: (region: RegionLog) => Region;
  readonly #cores = new Map<string, LogCore>();
  readonly #logs = new Map<string, Log>();
  readonly #opening = new Map<string, Promise<Log>>();

  constructor(core: StreamCore, regionOf: (region: RegionLog) => Region) {
    this.#core = core;
    this.#regionOf = regionOf;
  }

  /** Opens or creates a log. */
  async open(name: string, options: LogOptions | undefined): Promise<Log> {
    const given = this.#checked(name, options);
    while (this.#opening.has(name)) await this.#opening.get(name)?.catch(() => {});
    const opening = this.#open(name, given);
    this.#opening.set(name, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(name);
    }
  }

  /** As `open`, blocking. */
  openSync(name: string, options: LogOptions | undefined): Log {
    const core = this.#core;
    const given = this.#checked(name, options);
    let known = this.#find(name);
    if (known === undefined) {
      const first = this.#first(name, given);
      const journal = Journal.createSync(core, name, sizeOf(core, first), first);
      known = this.#enter(new LogCore(core, name, journal));
    }
    if (!core.readOnly) {
      actSync(known, changeOptions(given));
      if (!this.#logs.has(name)) actSync(known, tidy(known));
    }
    return this.#logOf(known);
  }

  /** The names of all logs. */
  names(): string[] {
    this.#core.assertOpen();
    this.#core.others.notice();
    return logNames(this.#core);
  }

  /** The public region for a part of a log; undefined if it is none. */
  segmentOf(region: RegionLog): Region | undefined {
    if (region.hidden?.kind !== 'segment') return undefined;
    const log = this.#find(region.hidden.log);
    return log && new SegmentRegion(region, this.#core, log);
  }

  async #open(name: string, given: Partial<KeptOptions>): Promise<Log> {
    const core = this.#core;
    let known = this.#find(name);
    if (known === undefined) {
      const first = this.#first(name, given);
      const journal = await Journal.create(core, name, sizeOf(core, first), first);
      known = this.#find(name) ?? this.#enter(new LogCore(core, name, journal));
    }
    if (!core.readOnly) {
      await act(known, changeOptions(given));
      if (!this.#logs.has(name)) await act(known, tidy(known));
    }
    return this.#logOf(known);
  }

  #checked(name: string, options: LogOptions | undefined): Partial<KeptOptions> {
    this.#core.assertOpen();
    logName(name);
    return checkedLogOptions(this.#core, options);
  }

  /** What a new log is to have. */
  #first(name: string, given: Partial<KeptOptions>): KeptOptions {
    if (this.#core.readOnly) {
      throw new VarveError(
        'VARVE_NOT_FOUND',
        `Cannot open the log '${name}' as there is none in this stream, which was opened read-only: let its writer create it`,
      );
    }
    return { ...defaultLogOptions(this.#core), ...given };
  }

  /** The log with this name, if there is one. */
  #find(name: string): LogCore | undefined {
    const known = this.#cores.get(name);
    if (known?.journal.regions.every(({ freed }) => !freed)) return known;
    this.#cores.delete(name);
    this.#logs.delete(name);
    const journal = Journal.find(this.#core, name);
    return journal && this.#enter(new LogCore(this.#core, name, journal));
  }

  #enter(log: LogCore): LogCore {
    this.#cores.set(log.name, log);
    if (this.#cores.size === 1) {
      this.#core.followers.add(() => {
        for (const each of this.#cores.values()) each.renew();
      });
    }
    return log;
  }

  #logOf(core: LogCore): Log {
    let log = this.#logs.get(core.name);
    if (log === undefined) {
      log = new Log(core, this.#regionOf);
      this.#logs.set(core.name, log);
    }
    log.optionsChanged();
    return log;
  }
}

function* changeOptions(given: Partial<KeptOptions>): ReturnType<typeof tidy> {
  yield {
    note: ({ options }) => {
      const wanted = { ...options, ...given };
      return JSON.stringify(wanted) === JSON.stringify(options)
        ? undefined
        : { kind: 'options', options: wanted };
    },
  };
}

function sizeOf({ prefix }: StreamCore, { segmentSize }: KeptOptions): number {
  return journalSize(segmentSize, prefix.header.blockSize);
}
