import ts from 'typescript';
import { placeOf, walkTree, type Rule, type TextFile } from './source-text.js';

/** `any` as a type. */
export const anyRule: Rule = (file) => {
  const found: string[] = [];
  walkTree(file.tree, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${placeOf(file, node)}: any; write the type, or unknown and a check`);
  });
  return found;
};

/** The words `private` and `protected`, except at a constructor, which cannot have a #name. */
export const privateRule: Rule = (file) => {
  const found: string[] = [];
  walkTree(file.tree, (node) => {
    if (node.kind !== ts.SyntaxKind.PrivateKeyword && node.kind !== ts.SyntaxKind.ProtectedKeyword) return;
    if (ts.isConstructorDeclaration(node.parent)) return;
    found.push(`${placeOf(file, node)}: ${node.getText()}; write #name, which also holds at run time`);
  });
  return found;
};

const SILENCERS = new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`);

/** Comments that silence the compiler. */
export const silencedRule: Rule = (file) => linesWith(file, SILENCERS, 'the compiler is silenced; mend the type instead');

// The words are put together here so that this file does not hold them.
const MARKERS = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

/** Left-over markers of unfinished work, in code and in text. */
export function markerRule(file: TextFile): string[] {
  return linesWith(file, MARKERS, 'a left-over marker; do it now, or write down what holds today');
}

function linesWith(file: TextFile, pattern: RegExp, remedy: string): string[] {
  return file.text.split('\n').flatMap((line, i) => {
    const hit = pattern.exec(line);
    return hit === null ? [] : [`${file.path}:${i + 1}: ${hit[0]}: ${remedy}`];
  });
}

const SUITES = new Set(['test', 'it', 'describe', 'suite', 'bench']);
const LEFT_OUT = new Set(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails']);

/** Tests that are left out or that leave out others. */
export const leftOutTestRule: Rule = (file) => {
  const found: string[] = [];
  walkTree(file.tree, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !LEFT_OUT.has(node.name.text)) return;
    let object: ts.Expression = node.expression;
    while (ts.isPropertyAccessExpression(object) || ts.isCallExpression(object)) object = object.expression;
    if (!ts.isIdentifier(object) || !SUITES.has(object.text)) return;
    found.push(`${placeOf(file, node)}: .${node.name.text}; a test that cannot run here prints the reason and returns`);
  });
  return found;
};
