/** What the writer says once an entry is durable: which one of the plan, in which region, at which timestamp. */
export interface Acknowledgement {
  index: number;
  region: number;
  timestamp: number;
}

/** Bytes of one on the pipe. */
export const ACKNOWLEDGEMENT_BYTES = 16;

/** Packs one for the pipe. */
export function encode({ index, region, timestamp }: Acknowledgement): Buffer {
  const bytes = Buffer.alloc(ACKNOWLEDGEMENT_BYTES);
  bytes.writeUInt32LE(index, 0);
  bytes.writeUInt32LE(region, 4);
  bytes.writeDoubleLE(timestamp, 8);
  return bytes;
}

/** Unpacks all whole ones; what a killed writer said only in part was not said. */
export function decodeAll(bytes: Buffer): Acknowledgement[] {
  return Array.from({ length: Math.floor(bytes.byteLength / ACKNOWLEDGEMENT_BYTES) }, (_, i) => {
    const at = i * ACKNOWLEDGEMENT_BYTES;
    return {
      index: bytes.readUInt32LE(at),
      region: bytes.readUInt32LE(at + 4),
      timestamp: bytes.readDoubleLE(at + 8),
    };
  });
}
