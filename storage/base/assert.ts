/** Thrown when an invariant of the engine itself does not hold: a bug in Fieldstone, never bad input. */
export class AssertionError extends Error {
  override readonly name: string = 'AssertionError';
}

/** Cheap invariants stay on in production. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(`invariant broken: ${invariant}`);
}

/** For switch statements over a closed union. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${String(value)}`);
}
