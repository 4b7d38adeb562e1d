/** The public suite has no types of its own. */
declare module 'abstract-level/test/index.js' {
  import type { Test } from 'tape';

  export default function suite(options: { test: (name: string, run: (t: Test) => void) => void; factory: (options?: object) => object }): void;
}
