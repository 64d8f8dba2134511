import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids a folder to import from others of ours: the folder tree is the architecture (see README). */
function walls(folder, forbidden, extra = []) {
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
              message: `${folder}/ may not import this; README.md has the map of the folders.`,
            },
            ...extra,
          ],
        },
      ],
    },
  };
}

const schemasAsTypes = {
  regex: '^(\\.\\./)+schemas/',
  allowTypeImports: true,
  message: 'Workflows take types from schemas/, nothing that runs.',
};
const noNode = { regex: '^node:', message: 'Workflows are deterministic: no Node API.' };

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', '.data/', 'test/.leftovers/', 'docs/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-control-regex': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs'],
    ignores: ['test/**'],
    rules: { 'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    ignores: ['platform/config/**', 'stack/**', 'test/**', '**/main.ts', 'activities/store/migrate.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in platform/config/ only.' },
      ],
    },
  },
  walls('schemas', ['workflows', 'activities', 'platform', 'api', 'worker', 'stack', 'test']),
  walls('workflows', ['activities', 'api', 'platform', 'worker', 'stack', 'test'], [schemasAsTypes, noNode]),
  walls(
    'workflows/domain',
    ['activities', 'api', 'platform', 'worker', 'stack', 'test'],
    [schemasAsTypes, noNode, { regex: '^@temporalio/', message: 'The domain is pure.' }],
  ),
  walls('platform', ['activities', 'api', 'worker', 'stack', 'test']),
  walls('activities', ['api', 'worker', 'stack', 'test']),
  walls(
    'api',
    ['worker', 'stack', 'test'],
    [
      {
        regex: '^(\\.\\./)+activities/(?!store/)',
        allowTypeImports: true,
        message: 'The API does its own I/O through activities/store/ only.',
      },
      { regex: '^@temporalio/', message: 'api/temporal.ts is the one file of the API that knows Temporal.' },
    ],
  ),
  { files: ['api/temporal.ts', 'api/temporal/**'], rules: { '@typescript-eslint/no-restricted-imports': 'off' } },
  walls('worker', ['api', 'stack', 'cli', 'test']),
  walls('cli', ['activities', 'worker', 'stack', 'test']),
  walls('stack', ['cli', 'test']),
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-loss-of-precision': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
);
