import ts from 'typescript';
import { isAt } from './modules.js';
import { placeOf, walkTree, type Rule } from './source-text.js';

interface Ban {
  readonly allowed: readonly string[];
  readonly remedy: string;
}

const ENVIRONMENT = ['storage/base/node-environment.ts'];
const CLOCK: Ban = { allowed: [...ENVIRONMENT, 'src/profile/node-runtime.ts'], remedy: 'take the Clock of the Environment' };
const RANDOM: Ban = { allowed: ENVIRONMENT, remedy: 'take Random of the Environment' };
const TIMER: Ban = { allowed: [...ENVIRONMENT, 'src/cli/wait.ts'], remedy: 'take the Scheduler of the Environment' };
const CODE: Ban = { allowed: [], remedy: 'no code is made from text; build a closure instead' };
const PRINT: Ban = { allowed: ['src/cli/'], remedy: 'a library prints nothing: throw, count, or return it' };

/** Global functions and objects. */
const GLOBALS: Readonly<Record<string, Ban>> = {
  setTimeout: TIMER, setInterval: TIMER, setImmediate: TIMER, queueMicrotask: TIMER, performance: CLOCK, console: PRINT, eval: CODE,
};

/** Members, as written. */
const MEMBERS: Readonly<Record<string, Ban>> = {
  'Date.now': CLOCK,
  'process.hrtime': CLOCK,
  'process.uptime': CLOCK,
  'Math.random': RANDOM,
  'crypto.randomUUID': RANDOM,
  'crypto.getRandomValues': RANDOM,
  'process.nextTick': TIMER,
  'AbortSignal.timeout': TIMER,
  'process.getBuiltinModule': { allowed: ['src/profile/'], remedy: 'import the module; only the inspector is asked for at run time' },
  'process.exit': { allowed: ['src/cli/'], remedy: 'throw; only the command line ends the process' },
  'process.env': { allowed: ['src/open.ts', 'src/cli/'], remedy: 'open hands the environment to resolveOptions' },
};

/** Whatever makes two runs differ, makes code from text, or prints. */
export const bannedCallRule: Rule = (file) => {
  const found: string[] = [];
  walkTree(file.tree, (node) => {
    const [name, ban] = bannedAt(node) ?? [];
    if (ban === undefined || ban.allowed.some((allowed) => isAt(file.path, allowed))) return;
    found.push(`${placeOf(file, node)}: ${name} is banned here; ${ban.remedy}`);
  });
  return found;
};

function bannedAt(node: ts.Node): readonly [string, Ban] | undefined {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) return bannedConstruction(node);
  if (ts.isPropertyAccessExpression(node)) {
    const written = node.getText().replace(/\s|\?/g, '').replace(/^globalThis\./, '');
    const ban = Object.hasOwn(MEMBERS, written) ? MEMBERS[written] : globalBan(node.expression, node.name.text);
    return ban === undefined ? undefined : [written, ban];
  }
  if (ts.isIdentifier(node) && isUse(node) && Object.hasOwn(GLOBALS, node.text)) {
    const ban = GLOBALS[node.text];
    return ban === undefined ? undefined : [node.text, ban];
  }
  return undefined;
}

function globalBan(object: ts.Expression, member: string): Ban | undefined {
  return ts.isIdentifier(object) && object.text === 'globalThis' && Object.hasOwn(GLOBALS, member) ? GLOBALS[member] : undefined;
}

function bannedConstruction(node: ts.NewExpression | ts.CallExpression): readonly [string, Ban] | undefined {
  if (!ts.isIdentifier(node.expression)) return undefined;
  const isNew = ts.isNewExpression(node);
  if (node.expression.text === 'Function') return [isNew ? 'new Function' : 'Function()', CODE];
  if (node.expression.text !== 'Date') return undefined;
  return !isNew || (node.arguments?.length ?? 0) === 0 ? ['the present time (Date without an argument)', CLOCK] : undefined;
}

/** False for names of members, parameters and declarations: `scheduler.setTimeout`, `{ performance: 1 }`. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  if (ts.isParameter(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  return !(ts.isTypeElement(parent) || ts.isClassElement(parent) || ts.isFunctionDeclaration(parent) || ts.isQualifiedName(parent)
    || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent));
}
