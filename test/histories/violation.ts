/** A history that no right stream can have. */
export class Violation extends Error {
  /** Which rule was broken, in one word. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.name = 'Violation';
    this.rule = rule;
  }
}

/** Throws unless the rule holds; the message is made only then. */
export function must(holds: boolean, rule: string, message: () => string): void {
  if (!holds) throw new Violation(rule, message());
}
