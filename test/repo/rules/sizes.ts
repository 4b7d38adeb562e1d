import ts from 'typescript';
import { placeOf, walkTree, type Rule, type SourceText } from './source-text.js';

export const FILE_LINES = 500;
export const FUNCTION_LINES = 70;

/** Files of more than 500 lines. */
export const fileSizeRule: Rule = (file) => {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  return lines <= FILE_LINES ? [] : [`${file.path}:${lines}: ${lines} lines, the ceiling is ${FILE_LINES}; give each concept a file of its own`];
};

/** Functions (methods, accessors, arrow functions) of more than 70 lines, from their first line to their last. */
export const functionSizeRule: Rule = (file) => {
  const found: string[] = [];
  walkTree(file.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lines = lineOf(file, node.getEnd()) - lineOf(file, node.getStart(file.tree)) + 1;
    if (lines <= FUNCTION_LINES) return;
    found.push(`${placeOf(file, node)}: ${nameOf(node)} has ${lines} lines, the ceiling is ${FUNCTION_LINES}; `
      + 'keep the branching here and move each case into a function');
  });
  return found;
};

function lineOf(file: SourceText, position: number): number {
  return file.tree.getLineAndCharacterOfPosition(position).line;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return `function ${node.name.getText()}`;
  if (ts.isVariableDeclaration(node.parent)) return `function ${node.parent.name.getText()}`;
  return ts.isConstructorDeclaration(node) ? 'the constructor' : 'this function';
}
