/** Where the instructions of an operation are spent, by function: of compiled JavaScript too. */

interface Code {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** Instructions of one dump, by function, the most first. */
export function byFunction(dump: string, code: string): readonly (readonly [string, number])[] {
  const functions = codeOf(code);
  const names = new Names();
  const costs = new Map<string, number>();
  let within = '';
  let inclusive = false;
  for (const line of dump.split('\n')) {
    if (line.startsWith('fn=')) within = names.of(line.slice(3));
    else if (line.startsWith('cfn=')) names.of(line.slice(4));
    else if (line.startsWith('calls=')) inclusive = true;
    else if (line.startsWith('0x')) {
      // What stands behind a call is the sum of everything called.
      if (!inclusive) add(costs, line, within, functions);
      inclusive = false;
    }
  }
  return [...costs].sort(([, a], [, b]) => b - a);
}

function add(costs: Map<string, number>, line: string, within: string, functions: readonly Code[]): void {
  const [address = '', , cost = ''] = line.split(' ');
  const name = within.startsWith('0x') || within === '???' ? nameAt(Number(address), functions) : within;
  costs.set(name, (costs.get(name) ?? 0) + Number(cost));
}

/** Names are written once, and stand for themselves by a number afterwards. */
class Names {
  readonly #known = new Map<string, string>();

  of(text: string): string {
    const [, number = '', name] = /^\((\d+)\)(?: (.*))?$/.exec(text) ?? [];
    if (name !== undefined) this.#known.set(number, name);
    return this.#known.get(number) ?? text;
  }
}

/** V8's own list: beginning and length in hexadecimal, name. What was put last lies there now. */
function codeOf(map: string): readonly Code[] {
  const lines = Array.from(map.matchAll(/^([0-9a-f]+) ([0-9a-f]+) (.*)$/gm));
  return lines.reverse().map(([, from = '', length = '', name = '']) => {
    const start = Number.parseInt(from, 16);
    return {
      from: start,
      to: start + Number.parseInt(length, 16),
      name: name.replace(/file:\/\/\S*\/build\//, ''),
    };
  });
}

function nameAt(address: number, functions: readonly Code[]): string {
  return functions.find(({ from, to }) => address >= from && address < to)?.name ?? 'without a name';
}
