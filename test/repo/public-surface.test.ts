import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { readText, ROOT } from './rules/source-text.js';

/** Names that a module exports without a word on what they are: `path: name`. */
function undocumented(program: ts.Program, path: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) return [`${path}: is not there or exports nothing`];
  return checker.getExportsOfModule(module).flatMap((name) => {
    const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
    if (ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '') return [];
    return [`${path}: ${name.name} has no doc comment; say what it is, its units and defaults, and what it throws`];
  });
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true,
  noEmit: true, skipLibCheck: true, types: ['node'], rootDir: ROOT, outDir: `${ROOT}dist`,
};

describe('every public name has a doc comment', () => {
  const { exports } = JSON.parse(readText('package.json').text) as { exports: Record<string, string | { default: string }> };
  const doors = Object.values(exports).flatMap((target) => {
    return typeof target === 'string' ? [] : [ROOT + target.default.replace('./dist/', '').replace(/\.js$/, '.ts')];
  });
  const program = ts.createProgram(doors, options);
  test.each(doors)('%s', (door) => expect(undocumented(program, door)).toEqual([]));
});

test('the search fires on a name without a comment, also behind a re-export', () => {
  const files: Record<string, string> = {
    '/a.ts': "export { f, g } from './b.js';\nexport type { T } from './b.js';\nexport const c = 1;",
    '/b.ts': '/** Does it. */ export function f(): void {}\nexport function g(): void {}\nexport interface T { x: 1 }',
  };
  const host = ts.createCompilerHost(options);
  const readReal = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) => {
    const text = files[path];
    return text === undefined ? readReal(path, target) : ts.createSourceFile(path, text, target);
  };
  host.fileExists = (path) => path in files || ts.sys.fileExists(path);
  const program = ts.createProgram(['/a.ts'], { ...options, rootDir: '/', noLib: true, types: [] }, host);
  expect(undocumented(program, '/a.ts').map((line) => /: (\w+) has/.exec(line)?.[1])).toEqual(['g', 'T', 'c']);
}, 60_000);
