import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Folders that make up the installed package, lowest floor first. */
export const FLOORS = ['storage', 'index', 'txn', 'src'] as const;

const LEFT_OUT = new Set(['node_modules', 'dist', 'data', 'demo-out', 'coverage', '.git']);

/** One file: its path from the project's folder with forward slashes, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A TypeScript or JavaScript file with its syntax tree. */
export interface SourceText extends TextFile {
  readonly tree: ts.SourceFile;
}

/** A rule looks at one file and says what is wrong and what to do instead: `path:line: what; remedy`. */
export type Rule = (file: SourceText) => string[];

/** Paths of all files below the given folders (or files in the project's folder) that end in one of `endings`. */
export function listFiles(folders: readonly string[], endings: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(ROOT + folder, { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!LEFT_OUT.has(entry.name)) walk(path);
      } else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
    }
  };
  for (const folder of folders) walk(folder);
  return found.sort();
}

export function readText(path: string): TextFile {
  return { path, text: readFileSync(ROOT + path, 'utf8') };
}

/** A file that stands nowhere: for the tests of the rules themselves. */
export function snippet(path: string, text: string): SourceText {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
}

const parsed = new Map<string, SourceText>();

export function readSource(path: string): SourceText {
  let file = parsed.get(path);
  if (file === undefined) parsed.set(path, file = snippet(path, readText(path).text));
  return file;
}

/** All TypeScript files of the installed package. */
export function productSources(): SourceText[] {
  return listFiles(FLOORS, ['.ts']).map(readSource);
}

export function findAll(rule: Rule, files: readonly SourceText[]): string[] {
  return files.flatMap((file) => rule(file));
}

/** `path:line` of a node. */
export function placeOf(file: SourceText, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1}`;
}

/** Calls `visit` for every node of the tree, parents first. */
export function walkTree(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walkTree(child, visit));
}
