// Makes the mutants of a compiled source. TypeScript's types are gone from it, and nothing else is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { numbered, oneLine, withoutRepeats } from './mutant.js';
import { operatorsFor } from './operators.js';

/** The mutants of the compiled form of `file`, a source such as src/core/table.ts. */
export function javascriptMutants(root, file) {
  const compiled = join('build', file.replace(/\.ts$/, '.js'));
  const source = readFileSync(join(root, compiled), 'utf8');
  const { program, errors } = parseSync(compiled, source);
  if (errors.length > 0) throw new Error(`mutate: ${compiled} cannot be parsed: ${errors[0].message}`);
  const mutants = [];
  const operators = Object.entries(operatorsFor(file));
  visit(program, undefined, '', (node, parent, place) => {
    for (const [operator, edits] of operators) {
      for (const edit of edits(node, { parent, place, source })) {
        mutants.push(mutantOf({ file, compiled, place, operator, edit, source }));
      }
    }
  });
  return numbered(withoutRepeats(mutants));
}

function mutantOf({ file, compiled, place, operator, edit, source }) {
  const { start, end, text } = edit;
  return {
    file,
    target: compiled,
    place,
    operator,
    start,
    before: oneLine(source.slice(start, end)),
    context: oneLine(source.slice(lineStart(source, start), lineEnd(source, end))),
    text: source.slice(0, start) + text + source.slice(end),
    after: text,
  };
}

/** Calls `look` for every node, with the one around it and the name of the function that it stands in. */
function visit(node, parent, place, look) {
  const here = placeOf(node, parent, place);
  look(node, parent, here);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visit(child, node, here, look);
    }
  }
}

function placeOf(node, parent, place) {
  if (['FunctionDeclaration', 'ClassDeclaration'].includes(node.type)) return node.id?.name ?? place;
  if (['MethodDefinition', 'PropertyDefinition'].includes(node.type)) {
    const { key } = node;
    const name = `${key.type === 'PrivateIdentifier' ? '#' : ''}${key.name}`;
    return `${place.split('.')[0]}.${name}`;
  }
  if (node.type === 'VariableDeclarator' && parent?.kind === 'const' && place === '')
    return node.id.name ?? place;
  return place;
}

function lineStart(source, at) {
  return source.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(source, at) {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end;
}
