import { keepLayout } from '#storage';

interface Branch {
  readonly children: Map<string, Branch>;
  /** The path that ends here. */
  path: string | undefined;
}

/** Paths of one update: two of them conflict when one is the other or leads into it. */
export class PathTree {
  readonly #root: Branch = { children: new Map(), path: undefined };

  /** Adds a path; returns one that it conflicts with. */
  add(names: readonly string[]): string | undefined {
    let here = this.#root;
    for (const name of names) {
      let next = here.children.get(name);
      if (next === undefined) here.children.set(name, next = { children: new Map(), path: undefined });
      if (next.path !== undefined) return next.path;
      here = next;
    }
    const [below] = here.children.values();
    if (below !== undefined) return firstPath(below);
    here.path = names.join('.');
    return undefined;
  }
}
keepLayout(new PathTree());

function firstPath(branch: Branch): string {
  if (branch.path !== undefined) return branch.path;
  const [next] = branch.children.values();
  return next === undefined ? '' : firstPath(next);
}
