import { posix } from 'node:path';
import ts from 'typescript';
import { FLOORS, placeOf, walkTree, type SourceText } from './source-text.js';

/** One import of a file: `import`, `export ... from`, `import()`, `import('x').Type` or `require()`. */
export interface ImportOf {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly place: string;
}

/** Every import of a file, those of types included. */
export function importsOf(file: SourceText): ImportOf[] {
  const found: ImportOf[] = [];
  walkTree(file.tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) found.push({ specifier, typeOnly: isTypeOnly(node), place: placeOf(file, node) });
  });
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  let text: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) text = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) text = node.argument.literal;
  else if (ts.isExternalModuleReference(node)) text = node.expression;
  else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword
    || (ts.isIdentifier(node.expression) && node.expression.text === 'require'))) text = node.arguments[0];
  return text !== undefined && ts.isStringLiteralLike(text) ? text.text : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** The project file that an import leads to, or undefined for packages and built-in modules. */
export function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
  const door = FLOORS.find((floor) => specifier === `#${floor}`);
  return door === undefined ? undefined : `${door}/mod.ts`;
}
