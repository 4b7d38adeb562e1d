import tseslint from 'typescript-eslint';

// House rules that concern several files at once (floors, cycles, sizes, banned calls, docs) are tests in test/repo/.
const NO_MARKERS = { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' };

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'bench/node_modules/', 'bench/data/', 'demo-out/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: ['./tsconfig.json', './tsconfig.tools.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      'no-throw-literal': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' }],
      'eqeqeq': 'error',
      'no-console': 'error',
      'no-debugger': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-fallthrough': 'error',
      'no-dupe-else-if': 'error',
      'no-self-compare': 'error',
      'no-unreachable': 'error',
      'no-unsafe-finally': 'error',
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-warning-comments': ['error', NO_MARKERS],
      'no-restricted-imports': ['error', {
        patterns: [{ regex: '(^|/)dist/', message: 'Import the source, not the build.' }],
        paths: [{ name: 'fs', message: 'Write node:fs; product code takes a Vfs.' }, { name: 'assert', message: 'Use storage/base/assert.ts.' }],
      }],
      'max-len': ['error', { code: 160, ignorePattern: '^(import|export) ', ignoreUrls: true, ignoreRegExpLiterals: true, ignoreStrings: true, ignoreTemplateLiterals: true }],
    },
  },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['storage/**/*.ts', 'index/**/*.ts', 'txn/**/*.ts', 'src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error',
        { name: 'require', message: 'Use import.' },
        { name: 'setTimeout', message: 'Take a Scheduler (storage/base/environment.ts).' },
        { name: 'setInterval', message: 'Take a Scheduler (storage/base/environment.ts).' },
        { name: 'setImmediate', message: 'Take a Scheduler (storage/base/environment.ts).' },
        { name: 'queueMicrotask', message: 'Take a Scheduler (storage/base/environment.ts).' },
        { name: 'performance', message: 'Take a Clock (storage/base/environment.ts).' },
      ],
    },
  },
  { files: ['storage/base/node-environment.ts', 'src/profile/node-runtime.ts', 'src/cli/wait.ts'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['src/cli/**/*.ts', 'test/**', 'demo/**', 'bench/**', 'scripts/**'], rules: { 'no-console': 'off' } },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  { files: ['test/types/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off', '@typescript-eslint/ban-ts-comment': 'off' } },
  { files: ['demo/**', 'bench/**', 'scripts/**', 'test/**/*.mjs', 'test/package/**', 'test/crash/**'], rules: { 'no-restricted-imports': 'off' } },
);
