// Makes the mutants of the C sources. There is no syntax tree: what is looked for are statements and conditions of the plain
// kind that native/ is written in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbered, oneLine, withoutRepeats } from './mutant.js';

/** What this machine does not run, and what only records. */
const LEFT_OUT = /cpu_(arm64|recorded)|\.h$/;

/** Statements that make something durable. */
const FLUSH = /\b(cpu\.flush|cpu\.fence|flush_lines|settle|write_back|_mm_sfence)\(/g;
const STORE = /^[ \t]*(store32|store64|memcpy)\(/gm;
const CONDITION = /\bif \(/g;
const OPERATOR = /&&|\|\|/g;
const BOUND = / (<=|>=|<|>) /g;
/** Calls of Node-API fail for want of memory only, which no test brings about. */
const NEVER_FAILS = /napi_ok|^set_\w+\(/;
/** What a condition's first operand stands behind, beside a parenthesis. */
const BEFORE_OPERAND = /(?:[;{}?:,]|&&|\|\||[^=!<>]=|\breturn )$/;
const SHIFTED = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** The mutants of everything in native/. */
export function nativeMutants(root) {
  const files = readdirSync(join(root, 'native')).filter(
    (name) => name.endsWith('.c') && !LEFT_OUT.test(name),
  );
  return files.flatMap((name) => mutantsOf(root, `native/${name}`));
}

function mutantsOf(root, file) {
  const source = readFileSync(join(root, file), 'utf8');
  const code = masked(source);
  const edits = [
    ...flushes(code),
    ...stores(code),
    ...guards(code, source),
    ...operands(code, source),
    ...bounds(code),
  ];
  const mutants = edits.map((edit) => mutantOf(file, source, code, edit));
  return numbered(withoutRepeats(mutants.filter(({ before }) => !NEVER_FAILS.test(before))));
}

function mutantOf(file, source, code, { operator, start, end, text }) {
  return {
    file,
    target: file,
    native: true,
    place: placeOf(code, start),
    operator,
    start,
    before: oneLine(source.slice(start, end)),
    context: oneLine(source.slice(source.lastIndexOf('\n', start) + 1, source.indexOf('\n', end))),
    text: source.slice(0, start) + text + source.slice(end),
    after: oneLine(text),
  };
}

/** A flush is left out, is a line short at its end or its beginning, or comes before what it should flush. */
function* flushes(code) {
  for (const { index } of code.matchAll(FLUSH)) {
    const call = statementAt(code, index);
    if (call === undefined) continue;
    const { start, end, args } = call;
    yield { operator: 'flush', start, end, text: ';' };
    if (code.startsWith('flush_lines', index)) {
      yield { operator: 'flush', start, end, text: `flush_lines(${args[0]}, (${args[1]}) - CPU_LINE);` };
      yield { operator: 'flush', start, end, text: `flush_lines((${args[0]}) + CPU_LINE, ${args[1]});` };
    }
    const before = /\n([ \t]*store(?:32|64)\([^;]*;\n)[ \t]*$/.exec(code.slice(0, start));
    if (before === null) continue;
    const from = start - before[0].length + 1;
    yield { operator: 'flush', start: from, end, text: `${code.slice(start, end)}\n${before[1]}` };
  }
}

function* stores(code) {
  for (const { index } of code.matchAll(STORE)) {
    const call = statementAt(code, index + code.slice(index).search(/\S/));
    if (call !== undefined) yield { operator: 'store', start: call.start, end: call.end, text: ';' };
  }
}

/** What is refused is let through; the condition is still computed, since it may take arguments apart. */
function* guards(code, source) {
  for (const { index } of code.matchAll(CONDITION)) {
    const open = code.indexOf('(', index);
    const close = closing(code, open);
    if (!/^\)\s*\{?\s*(return|break|continue)\b/.test(code.slice(close))) continue;
    yield { operator: 'guard', start: open + 1, end: close, text: `(${source.slice(open + 1, close)}) && 0` };
  }
}

/** One of several conditions is left out. */
function* operands(code, source) {
  for (const { index, 0: sign } of code.matchAll(OPERATOR)) {
    const left = { start: operandStart(code, index), end: index };
    const right = { start: index + 2, end: operandEnd(code, index + 2) };
    for (const { start, end } of [left, right].map((range) => trimmed(code, range))) {
      const text = `((void)(${source.slice(start, end)}), ${sign === '&&' ? 1 : 0})`;
      yield { operator: 'operand', start, end, text };
    }
  }
}

function* bounds(code) {
  for (const { index, 1: sign } of code.matchAll(BOUND)) {
    const start = index + 1;
    yield { operator: 'bound', start, end: start + sign.length, text: SHIFTED[sign] };
  }
}

/** The call that begins at `start`, if it is a whole statement. */
function statementAt(code, start) {
  const open = code.indexOf('(', start);
  const close = closing(code, open);
  if (code[close + 1] !== ';' || !/[;{})]\s*$/.test(code.slice(0, start))) return undefined;
  return { start, end: close + 2, args: code.slice(open + 1, close).split(/, (?![^(]*\))/) };
}

function closing(code, open) {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++;
    if (code[at] === ')' && --depth === 0) return at;
  }
  return code.length;
}

function trimmed(code, { start, end }) {
  const text = code.slice(start, end);
  return { start: start + text.length - text.trimStart().length, end: start + text.trimEnd().length };
}

function operandStart(code, from) {
  let depth = 0;
  for (let at = from - 1; at > 0; at--) {
    if (code[at] === ')') depth++;
    if (code[at] === '(' && depth-- === 0) return at + 1;
    if (depth === 0 && code[at + 1] !== '=' && BEFORE_OPERAND.test(code.slice(at - 7, at + 1))) return at + 1;
  }
  return 0;
}

function operandEnd(code, from) {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '(') depth++;
    if (code[at] === ')' && depth-- === 0) return at;
    if (depth === 0 && (/[;?:,]/.test(code[at]) || /&&|\|\|/.test(code.slice(at, at + 2)))) return at;
  }
  return code.length;
}

/** The function around a place: the last line before it that begins one. */
function placeOf(code, at) {
  const heads = [...code.slice(0, at).matchAll(/^[\w *()]*?\b(\w+)\([^;]*?\)\s*\{$/gm)];
  return heads.at(-1)?.[1] ?? '';
}

/** Comments, strings and preprocessor lines become spaces, so that places stay where they are. */
function masked(source) {
  const blank = (text) => text.replace(/[^\n]/g, ' ');
  return source
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/"(?:[^"\\\n]|\\.)*"/g, (text) => `"${' '.repeat(text.length - 2)}"`)
    .replace(/^[ \t]*#.*(?:\\\n.*)*$/gm, blank);
}
