import { parsePath, type PathPart } from '../filter/path.js';
import { isFields, ownValue } from '../filter/value-type.js';

type Fields = Record<string, unknown>;

interface Branch extends Map<string, Branch> { whole?: boolean }

/**
 * Cuts documents to some paths: objects on the way keep the named fields alone, and so do the objects in lists. `_id` stays. The document is used up.
 */
export function projection(paths: readonly string[]): (document: Fields) => Fields {
  const root: Branch = new Map<string, Branch>();
  for (const path of ['_id', ...paths]) add(root, parsePath(path));
  return (document) => cut(document, root);
}

function add(root: Branch, parts: readonly PathPart[]): void {
  let here = root;
  for (const { name } of parts) {
    let next = here.get(name);
    if (next === undefined) here.set(name, next = new Map<string, Branch>());
    here = next;
  }
  here.whole = true;
}

function cut(fields: Readonly<Fields>, branch: Branch): Fields {
  const result: Fields = {};
  for (const name of Object.keys(fields)) {
    const next = branch.get(name);
    if (next === undefined) continue;
    const value = next.whole === true ? ownValue(fields, name) : below(fields[name], next);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function below(value: unknown, branch: Branch): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => below(element, branch)).filter((element) => element !== undefined);
  return isFields(value) ? cut(value, branch) : undefined;
}
