import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { environment, firmware, type Tools } from './tools.js';

/** The machine's parts. */
export interface Parts {
  readonly tools: Tools;
  readonly image: string;
  /** Where the kernel's messages go. */
  readonly console: string;
  /** What QEMU calls the processor, as in 'max,-clwb'. */
  readonly cpu: string;
  /** Images of the NVDIMMs: pmem0, pmem1, … */
  readonly nvdimms: readonly { readonly path: string; readonly bytes: number }[];
  /** Arguments for the disks: vda, vdb, … */
  readonly disks: readonly string[];
}

/** On a busy host the emulated timer is late, which is no reason not to boot. */
const KERNEL_OPTIONS = 'console=ttyS0 panic=-1 random.trust_cpu=on no_timer_check';

const BOOT_LIMIT_MS = 300_000;

/**
 * A computer that is emulated, instruction by instruction: that works everywhere, and has just those instructions that it is said to have.
 * Its second serial port is a pipe to this process.
 */
export class Machine {
  readonly #qemu: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #console: string;
  readonly #ended: Promise<unknown>;
  #text = '';
  #taken = 0;
  #answered = 0;
  #errors = '';

  constructor(parts: Parts) {
    this.#console = parts.console;
    this.#qemu = spawn(parts.tools.qemu, argumentsOf(parts), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(),
    });
    this.#qemu.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      this.#text += chunk;
      this.#answer();
    });
    this.#qemu.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk;
    });
    this.#qemu.stdin.on('error', () => {});
    this.#ended = once(this.#qemu, 'close');
  }

  /** All that the program in it has told. */
  get text(): string {
    return this.#text;
  }

  /** The whole lines it has told since the last call. */
  take(): string[] {
    const end = this.#text.lastIndexOf('\n') + 1;
    const lines = this.#text.slice(this.#taken, end).split('\n').slice(0, -1);
    this.#taken = Math.max(this.#taken, end);
    return lines;
  }

  /** Lets the program go on, which has said what it is going to do and waits until that is known. */
  #answer(): void {
    const end = this.#text.lastIndexOf('\n') + 1;
    if (end <= this.#answered) return;
    const announced = this.#text.slice(this.#answered, end).match(/^\S+ (alloc|clear|free) /gm) ?? [];
    this.#answered = end;
    for (const _ of announced) this.send('heard');
  }

  send(line: string): void {
    this.#qemu.stdin.write(`${line}\n`);
  }

  /** Resolves once it has told something that fits. Throws if the machine stops by itself, or takes minutes. */
  async told(what: RegExp): Promise<void> {
    for (const end = Date.now() + BOOT_LIMIT_MS; !what.test(this.#text); await delay(20)) {
      const runs = this.#qemu.exitCode === null && this.#qemu.signalCode === null;
      if (runs && Date.now() < end && !/^machine failed .*\n/m.test(this.#text)) continue;
      const kernel = existsSync(this.#console) ? readFileSync(this.#console, 'utf8').slice(-4000) : '';
      throw new Error(
        `the machine did not tell ${what}: ${this.#errors}${this.#text.slice(-2000)}\n${kernel}`,
      );
    }
  }

  /** The power goes: nothing of what was only in the machine's memory is left. */
  async cut(): Promise<void> {
    this.#qemu.kill('SIGKILL');
    await this.#ended;
  }
}

function argumentsOf({ tools, image, console, cpu, nvdimms, disks }: Parts): string[] {
  const memory = nvdimms.flatMap(({ path, bytes }, index) => [
    '-object',
    `memory-backend-file,id=memory${index},share=on,mem-path=${path},size=${bytes},pmem=off`,
    '-device',
    `nvdimm,memdev=memory${index}`,
  ]);
  return [
    ...firmware(),
    ...['-machine', 'q35,nvdimm=on,accel=tcg', '-cpu', cpu, '-m', '768M,slots=4,maxmem=4G'],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${console}`, '-serial', 'stdio'],
    ...['-kernel', tools.kernel, '-initrd', image, '-append', KERNEL_OPTIONS],
    ...memory,
    ...disks,
  ];
}
