export { BlockStream } from './block-stream.js';
export type { Blocks, BlocksAllocator } from './blocks.js';
export type { ByteStream, Chunk, DataRange, TailOptions } from './byte-stream.js';
export { type EndlessStatistics, EndlessStream, type GrowOptions } from './endless-stream.js';
export { FileSystem, type FileSystemOptions } from './file-system.js';
export { MediumBlocks, type OpenBlocksOptions } from './medium-blocks.js';
export { Memory, MemoryBlocks } from './memory.js';
export { Void } from './void.js';
