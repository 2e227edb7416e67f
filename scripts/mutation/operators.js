// What is changed in a program to see whether a test notices. Each operator looks at one node of the syntax tree and
// gives edits: { start, end, text }, offsets into the source.

const SHIFTED = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const NEUTRAL = { '&&': 'true', '||': 'false' };
const LEAVES = ['ThrowStatement', 'ReturnStatement', 'ContinueStatement', 'BreakStatement'];

const removed = ({ start, end }) => ({ start, end, text: ';' });
const by = ({ start, end }, text) => ({ start, end, text });

/** The call behind `await` and `yield*`, if that is what a statement consists of. */
function callOf(statement) {
  let { expression } = statement;
  if (['AwaitExpression', 'YieldExpression', 'UnaryExpression'].includes(expression.type)) {
    expression = expression.argument;
  }
  return expression?.type === 'CallExpression' ? expression : undefined;
}

/** A statement that does nothing but call: flushes, drains, stores, assertions, … `yield 'drain'` is one. */
function call(node) {
  if (node.type !== 'ExpressionStatement') return [];
  const { expression } = node;
  if (expression.type === 'YieldExpression' && expression.argument?.value === 'drain') return [removed(node)];
  const found = callOf(node);
  return found === undefined || found.callee.type === 'Super' ? [] : [removed(node)];
}

/** `if (…) throw`, and the like: what is refused is let through. */
function guard(node) {
  if (node.type !== 'IfStatement') return [];
  const { consequent, test } = node;
  const first = consequent.type === 'BlockStatement' ? consequent.body.at(-1) : consequent;
  return LEAVES.includes(first?.type) ? [by(test, 'false')] : [];
}

/** One of several conditions is left out. */
function operand(node) {
  const neutral = node.type === 'LogicalExpression' ? NEUTRAL[node.operator] : undefined;
  return neutral === undefined ? [] : [by(node.left, neutral), by(node.right, neutral)];
}

/** A comparison that is not a guard's is taken for passed. */
function equal(node, { parent }) {
  if (node.type !== 'BinaryExpression' || !['===', '!=='].includes(node.operator)) return [];
  if (['IfStatement', 'LogicalExpression'].includes(parent.type)) return [];
  return [by(node, node.operator === '===' ? 'true' : 'false')];
}

/** A bound is moved by one. */
function bound(node, { source }) {
  const shifted = node.type === 'BinaryExpression' ? SHIFTED[node.operator] : undefined;
  if (shifted === undefined) return [];
  const at = source.indexOf(node.operator, node.left.end);
  return [{ start: at, end: at + node.operator.length, text: shifted }];
}

/** `x++` does not count, and what is one further stays where it is. */
function count(node) {
  if (node.type === 'ExpressionStatement' && node.expression.type === 'UpdateExpression')
    return [removed(node)];
  const one =
    node.type === 'BinaryExpression' && ['+', '-'].includes(node.operator) && node.right.value === 1;
  return one ? [{ start: node.left.end, end: node.right.end, text: '' }] : [];
}

/** Of the greater or smaller of two, always the same one. */
function extreme(node, { source }) {
  if (node.type !== 'CallExpression' || node.arguments.length !== 2) return [];
  if (!/^Math\.(max|min)$/.test(source.slice(node.callee.start, node.callee.end))) return [];
  return node.arguments.map((argument) => by(node, `(${source.slice(argument.start, argument.end)})`));
}

/** A statement that sets something does not. Constructors would not make anything at all. */
function assignment(node, { place }) {
  const sets = node.type === 'ExpressionStatement' && node.expression.type === 'AssignmentExpression';
  return sets && !place.endsWith('constructor') ? [removed(node)] : [];
}

/** What is changed in a copy of an object stays as it was. */
function property(node) {
  if (node.type !== 'ObjectExpression') return [];
  const first = node.properties.findIndex(({ type }) => type === 'SpreadElement');
  if (first === -1) return [];
  return node.properties
    .slice(first + 1)
    .filter(({ type }) => type === 'Property')
    .map((changed) => by(changed, '...{}'));
}

/** Of two possibilities, always the same one. */
function choice(node, { source }) {
  if (node.type !== 'ConditionalExpression') return [];
  return [node.consequent, node.alternate].map((side) => by(node, `(${source.slice(side.start, side.end)})`));
}

const ALL = { call, guard, operand, equal, bound, count, extreme, assignment, property, choice };
const CHECKS = { call, guard, operand, equal };

/** The operators for a source: all of them where a fault would cost data, the checks elsewhere. */
export function operatorsFor(file) {
  if (/^src\/(core|format)\//.test(file)) return ALL;
  if (/^src\/media\//.test(file)) return { ...CHECKS, bound };
  return { guard, operand };
}
