/** Bytes before the pattern: the number of the entry. */
const HEAD = 8;
const SIZES = [8, 24, 64, 120, 200, 333, 640, 1500] as const;

/** What the entry with that number holds: its number, and bytes that follow from it. */
export function payloadOf(number: number): Uint8Array {
  const bytes = new Uint8Array(SIZES[number % SIZES.length] as number);
  new DataView(bytes.buffer).setFloat64(0, number, true);
  let state = number >>> 0;
  for (let i = HEAD; i < bytes.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/**
 * The number of the entry that holds these bytes.
 *
 * @throws Error if they are not what that entry holds
 */
function numberIn(bytes: Uint8Array): number {
  const number = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(0, true);
  if (Buffer.compare(bytes, payloadOf(number)) !== 0) {
    throw new Error(`an entry that should be number ${number} holds ${Buffer.from(bytes).toString('hex')}`);
  }
  return number;
}

/** Follows entries that should come one after the other. */
export class Order {
  /** Entries that were seen, each as it should be. */
  seen = 0;
  /** How often some were trimmed before they were seen. */
  gaps = 0;
  readonly #who: string;
  #next: number | undefined;
  #mayJump: boolean;

  /**
   * @param who for the message of a finding
   * @param next the number that comes first; undefined if any may
   */
  constructor(who: string, next: number | undefined) {
    this.#who = who;
    this.#next = next;
    this.#mayJump = next === undefined;
  }

  /** The next entry may have any higher number. */
  gap(): void {
    this.gaps++;
    this.#mayJump = true;
  }

  /** @throws Error unless this is the entry that had to come */
  take(bytes: Uint8Array): number {
    const number = numberIn(bytes);
    const next = this.#next ?? 0;
    if (this.#mayJump ? number < next : number !== next) {
      throw new Error(`${this.#who} got entry ${number} where ${next} had to come`);
    }
    this.#next = number + 1;
    this.#mayJump = false;
    this.seen++;
    return number;
  }
}
