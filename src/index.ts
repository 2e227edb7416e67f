export { VarveError, type VarveErrorCode, type VarveErrorDetails } from './base/errors.js';
export type { CheckReport } from './core/check.js';
export type { Gap } from './core/log/log-walker.js';
export type { Missing, MissingRange } from './core/loss.js';
export type { Problem } from './core/problem.js';
export type { Access, Extent, Medium, MediumKind } from './media/medium.js';
export { MemoryMedium } from './media/memory.js';
export { VoidMedium } from './media/void.js';
export { Window } from './media/window.js';
export {
  type ImportOptions,
  type ImportReport,
  importPmemlog,
  importPmemstream,
  type PoolImportOptions,
} from './predecessors/importing.js';
export type { AllocateOptions } from './stream/allocation.js';
export type { CheckOptions } from './stream/checking.js';
export { type Codec, jsonCodec } from './stream/codec.js';
export { Consumer } from './stream/consumer.js';
export type { ConsumerOptions, LogPlace } from './stream/consumer-options.js';
export type { ConsumerInfo } from './stream/consumers.js';
export { Cursor } from './stream/cursor.js';
export type { Data } from './stream/data.js';
export { Entry } from './stream/entry.js';
export { Log } from './stream/log.js';
export type {
  LogAppendOptions,
  LogEntriesOptions,
  LogOptions,
  LogTailOptions,
  OnGap,
  RetainOptions,
  TrimOptions,
} from './stream/log-options.js';
export type { OpenOptions, Progress, StreamOptions, Target } from './stream/open-options.js';
export type { AppendOptions, EntriesOptions, PublishOptions, TailOptions, Until } from './stream/options.js';
export type { Pipeable } from './stream/pipeable.js';
export { Region } from './stream/region.js';
export { Salvage } from './stream/salvage.js';
export type { StreamHandle } from './stream/sharing.js';
export { Slot } from './stream/slot.js';
export { Stream } from './stream/stream.js';
export type { ReadableOptions, WritableOptions } from './stream/stream-options.js';
export type { Transaction, TransactionAppendOptions } from './stream/transaction.js';
