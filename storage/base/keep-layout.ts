const kept: object[] = [];

/**
 * Keeps an example of objects that live shortly. V8 throws away the compiled code that relies on the layout of objects of which none lives when garbage is
 * collected: where each call makes such objects and lets them go, the calls behind every large collection would be slow until they are compiled again.
 */
export function keepLayout(example: object): void { kept.push(example); }
