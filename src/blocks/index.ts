export { BlockStream } from './block-stream.js';
export type { Blocks, BlocksAllocator } from './blocks.js';
export type { Chunk, DataRange, TailOptions } from './byte-stream.js';
export { type EndlessStatistics, EndlessStream, type GrowOptions } from './endless-stream.js';
export { FileSystem, type FileSystemOptions } from './file-system.js';
export { MediumBlocks } from './medium-blocks.js';
export { Memory, MemoryBlocks } from './memory.js';
export { Void } from './void.js';
