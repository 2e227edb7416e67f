import { Window } from '../media/window.js';

/** Told of every store: [from, to) in bytes from the window's beginning, which holds the new bytes already. */
export type OnStore = (from: number, to: number) => void;

/**
 * A window that tells of every store, those through `bytes.set`, `fill`, `copyWithin` and `subarray` too. Slow: every access goes
 * through a proxy. Native code cannot store into it.
 */
export function watchedWindow(bytes: Uint8Array, start: number, onStore: OnStore): Window {
  const window = new Window(bytes, start);
  const origin = bytes.byteOffset;
  const tell: OnStore = (from, to) => onStore(from - origin, to - origin);
  Object.defineProperty(window, 'bytes', { value: watched(bytes, tell) });
  Object.defineProperty(window, 'words', { value: watched(window.words, tell) });
  return window;
}

type View = Uint8Array | Uint32Array;

/** `tell` takes positions in the view's buffer. */
function watched<T extends View>(view: T, tell: OnStore): T {
  const element = view.BYTES_PER_ELEMENT;
  const at = (index: number): number => view.byteOffset + index * element;
  const methods: Record<string, unknown> = {
    set: (source: ArrayLike<number>, offset = 0) => {
      view.set(source, offset);
      tell(at(offset), at(offset + source.length));
    },
    fill: (value: number, from = 0, to = view.length) => {
      view.fill(value, from, to);
      tell(at(from), at(to));
    },
    copyWithin: (target: number, from: number, to?: number) => {
      view.copyWithin(target, from, to);
      tell(at(0), at(view.length));
    },
    subarray: (from?: number, to?: number) => watched(view.subarray(from, to), tell),
  };
  return new Proxy(view, {
    get(_, key) {
      if (typeof key === 'string' && key in methods) return methods[key];
      const value: unknown = Reflect.get(view, key, view);
      return typeof value === 'function' ? value.bind(view) : value;
    },
    set(_, key, value: number) {
      const index = Number(key);
      view[index] = value;
      tell(at(index), at(index + 1));
      return true;
    },
  });
}
