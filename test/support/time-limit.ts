/** Limit of a test in milliseconds; none (0) when one of these variables of the environment made the test longer than in `npm test`. */
export function timeLimitMs(shortMs: number, ...variables: readonly string[]): number {
  return variables.some((name) => process.env[name] !== undefined) ? 0 : shortMs;
}
