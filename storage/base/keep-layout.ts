const kept: object[] = [];

/**
 * Keeps an example of objects that live shortly. V8 throws away the compiled code that relies on the layout of objects of which none lives when garbage is
 * collected: where each call makes such objects and lets them go, the calls behind every large collection would be slow until they are compiled again.
 */
export function keepLayout(example: object): void { kept.push(example); }

const newest = new Map<string, readonly object[]>();

/** The same for objects that only work makes: those of the newest work of a kind stay until the next. They must not hold much. */
export function keepNewest(kind: string, examples: readonly object[]): void { newest.set(kind, examples); }
