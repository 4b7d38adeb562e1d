import { readText } from '../../repo/rules/source-text.js';

/**
 * A package that reads our files independently of us. It comes with `npm ci`; where it is missing this prints so, and the test
 * that wanted it returns.
 */
export async function outsideReader<Module>(name: string): Promise<Module | undefined> {
  const declared = (JSON.parse(readText('package.json').text) as { devDependencies: Record<string, string> }).devDependencies;
  if (declared[name] === undefined) throw new Error(`${name} is not declared in package.json`);
  try {
    return await import(name) as Module;
  } catch (error) {
    console.log(`not checked: the package ${name} is not installed (npm ci brings it): ${String(error)}`);
    return undefined;
  }
}
