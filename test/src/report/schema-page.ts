import ts from 'typescript';
import { readSource } from '../../repo/rules/source-text.js';

const FILES = [
  'src/profile/profile-data.ts', 'src/profile/data/histogram-data.ts', 'src/profile/data/timeline-data.ts', 'src/profile/data/operation-data.ts',
  'src/profile/data/v8-data.ts', 'src/profile/data/storage-data.ts', 'src/profile/data/lock-data.ts', 'src/profile/data/query-data.ts',
];

const HEAD = `# The schema of a profile

What \`profile.save('x.json')\` writes, and what every report takes: one JSON object of the form \`ProfileData\`. \`schemaVersion\` is raised when a field changes its
meaning; new optional fields do not raise it. This page is written from the doc comments of \`src/profile/data/\`
(\`npx vitest run test/src/report/schema.test.ts -u\`).

Every field with a \`?\` may be missing. Names end in their unit: Ms, Us, Ns, Bytes, Share (0 to 1); \`atMs\` counts from the start of the profile.
`;

function comment(node: ts.Node): string {
  const text = ts.getJSDocCommentsAndTags(node).map((doc) => (ts.isJSDoc(doc) ? ts.getTextOfJSDocComment(doc.comment) ?? '' : '')).join(' ');
  return text.replace(/\s+/g, ' ').trim();
}

function cell(text: string): string { return text.replace(/\s+/g, ' ').replaceAll('|', '\\|'); }

function typeText(node: ts.TypeNode | undefined): string { return (node?.getText() ?? '').replaceAll('readonly ', '').replace(/Readonly<Partial<(.*)>>$/, '$1').replace(/Readonly<(.*)>$/, '$1'); }

function interfaceText(node: ts.InterfaceDeclaration): string {
  const rows = node.members.flatMap((member) => {
    if (!ts.isPropertySignature(member)) return [];
    return [`| \`${member.name.getText()}${member.questionToken === undefined ? '' : '?'}\` | \`${cell(typeText(member.type))}\` | ${cell(comment(member))} |`];
  });
  return `\n## ${node.name.text}\n\n${comment(node)}\n\n| field | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** docs/profile-schema.md, from the types and their comments. */
export function schemaPage(): string {
  const parts = FILES.flatMap((path) => readSource(path).tree.statements.flatMap((statement) => {
    if (ts.isInterfaceDeclaration(statement)) return [interfaceText(statement)];
    if (ts.isTypeAliasDeclaration(statement)) return [`\n## ${statement.name.text}\n\n${comment(statement)}\n\n\`${statement.type.getText()}\`\n`];
    return [];
  }));
  // The whole first, then its parts.
  const first = parts.findIndex((part) => part.startsWith('\n## ProfileData\n'));
  return HEAD + [parts[first] ?? '', ...parts.slice(0, first), ...parts.slice(first + 1)].join('');
}
