import { VarveError } from '../base/errors.js';
import { hasMagic } from '../format/header.js';
import { ENTRY, FORMAT_VERSION, PREFIX, RecordKind } from '../format/layout.js';
import type { Extent, Medium } from '../media/medium.js';
import { Allocator } from './allocator.js';
import { Census } from './census.js';
import { createStream, isUnfinished } from './create.js';
import { enterRegion } from './enter-region.js';
import { type Prefix, type PrefixFinding, readPrefix } from './prefix.js';
import { corrupt, errorOf, type Problem } from './problem.js';
import { recover } from './recovery.js';
import type { RegionLog } from './region-log.js';
import { isSoundHeader, isSoundState } from './soundness.js';
import type { Steps } from './steps.js';
import { StreamCore } from './stream-core.js';
import { Table } from './table.js';
import type { TableSlot } from './table-slots.js';
import type { DataArea } from './table-space.js';

/** What opening needs to know, checked already. */
export interface OpenRequest {
  /** Bytes, where the user said so. */
  size: number | undefined;
  /** Bytes up to which the stream may grow; undefined if it may not. */
  maxSize: number | undefined;
  blockSize: number | undefined;
  mode: 'open-or-create' | 'open' | 'create';
  readOnly: boolean;
  onProgress: (progress: { phase: string; done: number; total: number }) => void;
}

/** Creates a stream on a new medium, or opens the one that is there. The caller closes the medium if it fails. */
export function* openCore(medium: Medium, request: OpenRequest): Steps<StreamCore> {
  if (medium.isNew) return yield* create(medium, request);
  if (request.mode !== 'create') return yield* load(medium, request);
  if (!isUnfinished(medium)) {
    throw new VarveError(
      'VARVE_EXISTS',
      'Cannot create a stream as there is one already: open it with another mode',
      at(medium),
    );
  }
  return yield* create(medium, request);
}

function* create(medium: Medium, request: OpenRequest): Steps<StreamCore> {
  if (request.mode === 'open' || request.readOnly) {
    throw new VarveError(
      'VARVE_NOT_FOUND',
      'Cannot open a stream as there is none on this medium: create it first',
      at(medium),
    );
  }
  const { prefix, table } = yield* createStream(medium, request);
  medium.publish();
  table.readAll();
  return assemble(medium, request, prefix, table);
}

function* load(medium: Medium, request: OpenRequest): Steps<StreamCore> {
  const extent = openPrefix(medium);
  const found = readPrefix(extent);
  if (found.is === 'damaged') {
    extent.release();
    if (isUnfinished(medium)) return yield* create(medium, request);
  }
  const prefix = prefixOf(found, medium);
  assertFits(medium, prefix, request);
  const table = new Table(medium, extent, prefix);
  table.readAll();
  if (!request.readOnly) table.doubt();
  const core = assemble(medium, request, prefix, table);
  if (!request.readOnly) core.assertComplete();
  if (!prefix.state.clean) yield* recoverCore(core, request);
  else if (!request.readOnly) yield* repair(core);
  return core;
}

/** Reads a stream that other threads have open: nothing is recovered, as they know where its regions end. */
export function loadStructure(medium: Medium, maxSize: number | undefined): StreamCore {
  const extent = openPrefix(medium);
  const prefix = prefixOf(readPrefix(extent), medium);
  const table = new Table(medium, extent, prefix);
  table.readAll();
  const core = assemble(medium, { readOnly: false, maxSize }, prefix, table);
  core.assertComplete();
  return core;
}

function openPrefix(medium: Medium): Extent {
  if (medium.size >= PREFIX) return medium.open(0, PREFIX, 'random');
  const length = medium.size - (medium.size % 8);
  const bytes =
    length < 8 ? new Uint8Array(0) : medium.open(0, length, 'random').read(0, length, length).bytes;
  throw hasMagic(bytes) ? truncated(medium) : notAStream(medium);
}

function prefixOf(found: PrefixFinding, medium: Medium): Prefix {
  if (found.is === 'something else') throw notAStream(medium);
  if (found.is === 'damaged') {
    throw new VarveError('VARVE_CORRUPT', `Cannot open this stream as ${found.what} are damaged`, {
      offset: 0,
      ...at(medium),
    });
  }
  const { prefix } = found;
  // It may just have grown.
  medium.keepUp?.(prefix.size);
  return prefix;
}

/** Throws unless this program, the medium and the user's wishes agree with what the header says. */
function assertFits(medium: Medium, { header, state, size }: Prefix, request: OpenRequest): void {
  const { features, blockSize } = header;
  if (header.version !== FORMAT_VERSION) throw unknown(medium, `its format has version ${header.version}`);
  if (features.mustRefuse !== 0)
    throw unknown(medium, `it uses features (${features.mustRefuse}) that must be known`);
  if (features.mayOnlyRead !== 0 && !request.readOnly) {
    throw unknown(
      medium,
      `it uses features (${features.mayOnlyRead}) that must be known to write; readOnly: true opens it`,
    );
  }
  if (!isSoundHeader(header) || !isSoundState(state, header)) {
    throw new VarveError('VARVE_CORRUPT', 'Cannot open this stream as its header makes no sense', {
      offset: 0,
      ...at(medium),
    });
  }
  if (medium.size < size) throw truncated(medium);
  if (request.size !== undefined && request.size !== size && request.size !== header.size) {
    throw mismatch(medium, 'size', size, request.size);
  }
  if (request.blockSize !== undefined && request.blockSize !== blockSize) {
    throw mismatch(medium, 'block size', blockSize, request.blockSize);
  }
}

/** Puts the parts together; what in the table contradicts itself is left out and noted. */
function assemble(
  medium: Medium,
  { readOnly, maxSize }: Pick<OpenRequest, 'readOnly' | 'maxSize'>,
  prefix: Prefix,
  table: Table,
): StreamCore {
  const allocator = new Allocator(prefix.data.end);
  const core = new StreamCore({ medium, prefix, table, allocator, readOnly, maxSize });
  const slots = withoutOverlaps([...table.used], table.problems);
  giveGaps(allocator, slots, prefix.data);
  const regions = slots.filter(({ record }) => record.kind === RecordKind.region);
  for (const slot of regions.sort((a, b) => a.record.id - b.record.id)) enterRegion(core, slot);
  return core;
}

function withoutOverlaps(slots: readonly TableSlot[], problems: Problem[]): TableSlot[] {
  const kept: TableSlot[] = [];
  let end = 0;
  for (const slot of [...slots].sort((a, b) => a.record.offset - b.record.offset)) {
    const { id, offset, length } = slot.record;
    if (offset < end) {
      problems.push(corrupt(`Region ${id} overlaps what lies before it`, { region: id, offset }));
      continue;
    }
    kept.push(slot);
    end = offset + length;
  }
  return kept;
}

/** Whatever nothing lies in is free. */
function giveGaps(allocator: Allocator, slots: readonly TableSlot[], data: DataArea): void {
  let end = data.start;
  for (const { record } of slots) {
    allocator.give(end, record.offset - end);
    end = record.offset + record.length;
  }
  allocator.give(end, data.end - end);
}

/** Finds the ends of the regions, and unless the stream is only read, writes them down as closing would have. */
function* recoverCore(core: StreamCore, request: OpenRequest): Steps<void> {
  const { medium, prefix, table } = core;
  const regions = [...core.regions.values()];
  let done = 0;
  const census = core.foreign?.horizon.census ?? new Census(prefix.state);
  const findings = yield* recover(prefix.state, regions, census, (bytes) => {
    done += bytes;
    request.onProgress({ phase: 'recovery', done, total: prefix.size });
  });
  core.damage = findings.problem;
  if (request.readOnly) return;
  core.clock.foundNewest(findings.newest);
  if (findings.problem !== undefined) throw errorOf(findings.problem, medium.path);
  for (const region of regions) {
    if (!region.beyondMark) continue;
    region.extent.flush(region.slot.record.mark.tail, region.tail);
    core.checkpointer.noteUnmarked(region);
  }
  for (const region of findings.torn) eraseHeader(region);
  yield* table.keepWhatWasRead();
  prefix.evenOut();
  yield* core.checkpointer.write(true, table.evenOut(prefix.state));
}

/** What stands behind the region's end is valid and does not count: the next recovery is not to find it. */
function eraseHeader({ extent, tail }: RegionLog): void {
  const { bytes, start } = extent.write(tail, ENTRY.header);
  bytes.fill(0, tail - start, tail - start + ENTRY.header);
  extent.flush(tail, tail + ENTRY.header);
}

/** Writes again what stands in one whole copy only. */
function* repair({ prefix, table }: StreamCore): Steps<void> {
  if (!prefix.uneven && !table.uneven) return;
  yield* table.keepWhatWasRead();
  prefix.evenOut();
  table.evenOut(prefix.state);
  yield 'drain';
}

function at(medium: Medium): { path?: string } {
  return medium.path === undefined ? {} : { path: medium.path };
}

function notAStream(medium: Medium): VarveError {
  return new VarveError(
    'VARVE_NOT_A_STREAM',
    'This is not a varve stream: it does not begin as one. Nothing was changed',
    at(medium),
  );
}

function truncated(medium: Medium): VarveError {
  return new VarveError(
    'VARVE_CORRUPT',
    `This stream was truncated: only ${medium.size} bytes of it are left. Nothing was changed`,
    { offset: medium.size, ...at(medium) },
  );
}

function unknown(medium: Medium, what: string): VarveError {
  const message = `Cannot open this stream as ${what}: use a newer varve. Nothing was changed`;
  return new VarveError('VARVE_MISMATCH', message, at(medium));
}

function mismatch(medium: Medium, what: string, there: number, wanted: number): VarveError {
  return new VarveError(
    'VARVE_MISMATCH',
    `Cannot open this stream as its ${what} is ${there}, not ${wanted}: leave that option out to open what is there. Nothing was changed`,
    at(medium),
  );
}
