// What mutants of all languages have in common.

/** The mutants without those whose text is another one's: two operators may come to the same. */
export function withoutRepeats(mutants) {
  const texts = new Set();
  return mutants.filter(({ text }) => !texts.has(text) && texts.add(text));
}

/** Gives each mutant a name that does not change as long as its function does not. */
export function numbered(mutants) {
  const seen = new Map();
  return mutants.map((mutant) => {
    const { file, place, operator, before, after, context } = mutant;
    const change = after === ';' ? `without ${before}` : `${before} => ${after === '' ? '(nothing)' : after}`;
    const shown = before.length < 24 && before !== context ? `${change} in ${context}` : change;
    const name = `${file} ${place} [${operator}] ${shown}`;
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return { ...mutant, key: number === 1 ? name : `${name} #${number}` };
  });
}

/** Without line breaks, for people. */
export function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}
