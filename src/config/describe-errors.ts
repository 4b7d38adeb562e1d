import { ERROR_CODES } from '#storage';

const HEAD = `# Errors

This page is generated from \`storage/base/errors.ts\` (\`npm run docs\`).

Every error of Fieldstone is a \`FieldstoneError\` with a stable \`code\`; the text may change. Facts stand in fields (\`file\`, \`offset\`,
\`table\`, \`field\`, \`recno\`, \`key\`, \`option\`, \`details\`), the error of the operating system in \`cause\`. Arguments of a wrong type or
out of range throw a \`TypeError\` or \`RangeError\` that has a \`code\` as well.
`;

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const sections = Object.entries(ERROR_CODES).map(([code, { meaning, remedy }]) => `## ${code}\n\n${meaning}\n\nRemedy: ${remedy}\n`);
  return [HEAD, ...sections].join('\n');
}
