/** The public suite has no types of its own. */
declare module 'abstract-level/test/index.js' {
  export default function suite(options: { test: unknown; factory: (options?: object) => object }): void;
}
