import { inspect } from 'node:util';

/** Collects the events of one test file and tells them: a line if all is well, failures in full. */
export class FileReport {
  passed = [];
  failed = [];
  skipped = [];
  #output = [];
  #failures = [];
  #started = performance.now();

  /**
   * @param {string} source the test's source, for people
   * @param {string} file the compiled file, as node:test names it
   */
  constructor(source, file) {
    this.source = source;
    this.file = file;
  }

  /** Takes an event of the stream that `run` of node:test gives. */
  take({ type, data }) {
    if (type === 'test:stdout' || type === 'test:stderr') this.#output.push(data.message);
    if (
      type === 'test:diagnostic' &&
      !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)
    ) {
      this.#output.push(`${data.message}\n`);
    }
    // node:test lets a file pass in which this happened.
    if (type === 'test:diagnostic' && data.message.includes('asynchronous activity after the test ended')) {
      this.#fail('the file as a whole', data.message);
    }
    if (type === 'test:pass') this.#takePass(data);
    if (type === 'test:fail') this.#takeFailure(data);
  }

  #takePass(data) {
    if (data.todo !== undefined) return this.#fail(data.name, 'marked as todo: finish it or take it out');
    if (data.skip === true)
      return this.#fail(data.name, "skipped without a reason: call t.skip('why') where it cannot run");
    if (data.skip !== undefined) return this.skipped.push(`${data.name}: ${data.skip}`);
    // node:test reports a file that ran no test as one passed test with the file's name.
    if (data.name === this.file || data.details.type === 'suite') return undefined;
    return this.passed.push(data.name);
  }

  #takeFailure(data) {
    const error = data.details.error;
    // A parent that fails because of its subtests has been told already, with them.
    if (error?.failureType === 'subtestsFailed') return;
    const name = data.name === this.file ? 'the file as a whole' : data.name;
    const cause = error?.cause ?? error;
    const text = cause instanceof Error ? inspect(cause, { depth: 8 }) : String(cause);
    this.#fail(name, error?.signal ? `${text}: the process was killed by ${error.signal}` : text);
  }

  #fail(name, message) {
    this.failed.push(name);
    this.#failures.push(`  ✖ ${name}\n${message.replace(/^/gm, '      ')}`);
  }

  /** What is to be printed once the file has ended. */
  text() {
    if (this.passed.length + this.failed.length + this.skipped.length === 0) {
      this.#fail('the file as a whole', 'no test ran');
    }
    const counts = [`${this.passed.length} passed`];
    if (this.failed.length > 0) counts.push(`${this.failed.length} failed`);
    if (this.skipped.length > 0) counts.push(`${this.skipped.length} skipped`);
    const time = `${((performance.now() - this.#started) / 1000).toFixed(1)} s`;
    const line = `${this.failed.length > 0 ? '✖' : '✔'} ${this.source}: ${counts.join(', ')} (${time})`;
    if (this.failed.length === 0) return line;
    const output = this.#output.join('').trimEnd();
    return [
      line,
      ...this.#failures,
      ...(output === '' ? [] : ['  its output:', output.replace(/^/gm, '      ')]),
    ].join('\n');
  }
}
