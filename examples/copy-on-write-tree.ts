// A copy-on-write B-tree with an atomic root: nothing is changed in place, so a crash cannot tear anything, and old versions stay readable.
//
// Nodes are entries of a region, and a node's name is its timestamp. A commit appends the nodes that change, from the leaves up, and last the root. The
// root is what makes it count: entries of a region survive as a prefix, so a root that is there has its nodes behind it, and nodes without a root are
// garbage. When the region is full, the nodes that the newest root reaches are copied to a new one; the first root there makes it the tree.
//
// What is durable when: `commit` resolves once the root is durable, with all of its changes or, after a crash before that, none.
import { MemoryMedium, type Region, Stream, VarveError } from 'varve';
import { cutPowerEverywhere, type Machine } from './helpers/machine.js';
import { isMain } from './helpers/main.js';

/** Of a leaf, the values of its keys; of any other node its children, each by the least key that it may hold. */
type Node = { keys: string[]; values: string[] } | { keys: string[]; children: number[] };
type Root = { root: number };
type Change = [key: string, value: string | null]; // null: deleted

const WIDTH = 4; // keys of a node at most
const LEAST_SIZE = 4096; // bytes of a region

export class Tree {
  readonly #stream: Stream;
  #region: Region;
  #root: number;

  private constructor(stream: Stream, region: Region, root: number) {
    this.#stream = stream;
    this.#region = region;
    this.#root = root;
  }

  static async open(stream: Stream): Promise<Tree> {
    let tree: Tree | undefined;
    for (const region of [...stream.regions()].reverse()) {
      const root = tree === undefined ? newestRoot(region) : undefined;
      if (root !== undefined) tree = new Tree(stream, region, root);
      else await region.free(); // a copy that was not finished, or what a finished one was made of
    }
    return tree ?? new Tree(stream, await stream.allocate(LEAST_SIZE), 0);
  }

  /** The version that is there now. It stays readable whatever is committed, until the tree is copied to a new region. */
  get version(): number {
    return this.#root;
  }

  get(key: string, version = this.#root): string | undefined {
    for (let name = version; name !== 0; ) {
      const node = this.#read(name);
      if ('values' in node) return node.values[node.keys.indexOf(key)];
      name = node.children[childFor(node.keys, key)] ?? 0;
    }
    return undefined;
  }

  /** All pairs in the order of their keys. */
  *pairs(version = this.#root): Generator<[key: string, value: string]> {
    if (version === 0) return;
    const node = this.#read(version);
    for (const [place, key] of node.keys.entries()) {
      if ('values' in node) yield [key, node.values[place] ?? ''];
      else yield* this.pairs(node.children[place]);
    }
  }

  /** Makes all changes, or none. */
  async commit(changes: readonly Change[]): Promise<void> {
    for (let room = 4; ; room *= 2) {
      try {
        await this.#append(changes);
        return;
      } catch (error) {
        if (!(error instanceof VarveError && error.code === 'VARVE_FULL')) throw error;
        await this.#copy(room * this.#bytes(this.#root)); // what was appended without a root is left behind
      }
    }
  }

  async #append(changes: readonly Change[]): Promise<void> {
    let root = this.#root;
    for (const [key, value] of changes) {
      let top = this.#changed(root, key, value);
      if (top.length > 1)
        top = this.#split({ keys: top.map(([least]) => least), children: top.map(([, name]) => name) });
      root = top[0]?.[1] ?? 0;
    }
    await this.#region.append(JSON.stringify({ root } satisfies Root)); // durable, with the nodes before it
    this.#root = root;
  }

  /** The nodes that stand in the place of one when a key has changed: none, one or two, each with its least key. */
  #changed(name: number, key: string, value: string | null): [least: string, name: number][] {
    const node: Node = name === 0 ? { keys: [], values: [] } : this.#read(name);
    if ('values' in node) {
      const place = node.keys.findLastIndex((each) => each < key) + 1;
      const here = node.keys[place] === key ? 1 : 0;
      node.keys.splice(place, here, ...(value === null ? [] : [key]));
      node.values.splice(place, here, ...(value === null ? [] : [value]));
    } else {
      const place = childFor(node.keys, key);
      const changed = this.#changed(node.children[place] ?? 0, key, value);
      node.keys.splice(place, 1, ...changed.map(([least]) => least));
      node.children.splice(place, 1, ...changed.map(([, child]) => child));
    }
    return this.#split(node);
  }

  #split(node: Node): [least: string, name: number][] {
    const { keys } = node;
    if (keys.length === 0) return [];
    if (keys.length <= WIDTH) return [[keys[0] ?? '', write(this.#region, node)]];
    const half = keys.length >> 1;
    return [...this.#split(part(node, 0, half)), ...this.#split(part(node, half))];
  }

  /** Copies what the newest version needs to a region of its own. */
  async #copy(size: number): Promise<void> {
    const [old, region] = [this.#region, await this.#stream.allocate(Math.max(LEAST_SIZE, size))];
    const copied = (name: number): number => {
      const node = this.#read(name);
      return write(region, 'children' in node ? { ...node, children: node.children.map(copied) } : node);
    };
    const root = this.#root === 0 ? 0 : copied(this.#root);
    await region.append(JSON.stringify({ root } satisfies Root));
    [this.#region, this.#root] = [region, root];
    await old.free();
  }

  #read(name: number): Node {
    return this.#region.get(name)?.json() as Node;
  }

  #bytes(name: number): number {
    if (name === 0) return 0;
    const node = this.#read(name);
    const below = 'children' in node ? node.children.reduce((sum, child) => sum + this.#bytes(child), 0) : 0;
    return below + 32 + JSON.stringify(node).length;
  }
}

/** Not durable yet: the root's append makes it so. */
function write(region: Region, node: Node): number {
  return region.appendSync(JSON.stringify(node), { until: 'committed' }).timestamp;
}

function part(node: Node, from: number, to?: number): Node {
  const keys = node.keys.slice(from, to);
  return 'values' in node
    ? { keys, values: node.values.slice(from, to) }
    : { keys, children: node.children.slice(from, to) };
}

function childFor(leastKeys: readonly string[], key: string): number {
  return Math.max(
    0,
    leastKeys.findLastIndex((least) => least <= key),
  );
}

function newestRoot(region: Region): number | undefined {
  for (const entry of region.entries({ reverse: true })) {
    const node = entry.json() as Node | Root;
    if ('root' in node) return node.root;
  }
  return undefined;
}

if (isMain(import.meta.url)) {
  const commits = Array.from({ length: 30 }, (_, index): Change[] => [
    [`key ${(index * 7) % 17}`, `${index}`],
    [`key ${(index * 5) % 17}`, index % 3 ? `${index}` : null],
  ]);
  const work = async (machine: Machine, acknowledge: () => void) => {
    const stream = await Stream.open(machine.medium);
    const tree = await Tree.open(stream);
    for (const changes of commits) {
      await tree.commit(changes);
      acknowledge();
    }
    await stream.close();
  };
  const after = (count: number) => {
    const left = [...new Map(commits.slice(0, count).flat())].filter(([, value]) => value !== null);
    return JSON.stringify(left.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
  const judge = async (machine: Machine, acknowledged: number) => {
    const stream = await Stream.open(machine.medium);
    const found = JSON.stringify([...(await Tree.open(stream)).pairs()]);
    if (![0, 1].some((more) => found === after(acknowledged + more))) throw new Error(found);
    await stream.close();
  };
  console.log(await cutPowerEverywhere(work, judge));
  const stream = await Stream.open(new MemoryMedium('64KiB'));
  const tree = await Tree.open(stream);
  await tree.commit([['lake', 'frozen']]);
  const winter = tree.version;
  await tree.commit([['lake', 'open']]);
  console.log(`the lake was ${tree.get('lake', winter)}, and is ${tree.get('lake')}`);
  await stream.close();
}
