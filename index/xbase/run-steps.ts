/** Runs steps to their end, for callers who let nobody else run meanwhile. */
export function runSteps<Result>(steps: Iterator<void, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
