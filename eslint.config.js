import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

/** One folder of the layout, what it may not import from the others, and why. Types may always cross, unless told. */
const zones = [
  {
    folder: 'domain',
    no: /^(\.\.\/)+(workflows|activities|workers|client|embedded|examples|test|bench)\//,
    reason: 'domain/ is plain data and pure decisions: it imports nothing else of ours.',
    typesToo: true,
  },
  {
    folder: 'workflows',
    no: /^(\.\.\/)+(activities|workers|client|embedded|examples|test|bench)\//,
    reason: 'workflows/ replay from history: of ours they import domain/ alone, and only types of activities/.',
  },
  {
    folder: 'activities',
    no: /^(\.\.\/)+(workflows|workers|client|embedded|examples|test|bench)\//,
    reason:
      'activities/ do not know who orchestrates them: of ours they import domain/ alone, and only types of workflows/.',
  },
  {
    folder: 'workers',
    no: /^(\.\.\/)+(client|examples|test|bench|embedded\/(?!leash\.js$))/,
    reason:
      'workers/ are what runs in production: of embedded/ they import the leash alone, and nothing that is a client or a test.',
  },
  {
    folder: 'client',
    no: /^(\.\.\/)+((workers|embedded|examples|test|bench)\/|workflows\/(?!messages\.js$)|activities\/(?!admission\/))/,
    reason: 'client/ imports domain/, workflows/messages and the admission schema; it builds nothing real.',
  },
  {
    folder: 'embedded',
    no: /^(\.\.\/)+(test|bench)\//,
    reason: 'embedded/ is part of the product: it imports no tests.',
  },
  {
    folder: 'examples',
    no: /^(\.\.\/)+(domain|workflows|activities|workers|client|embedded|test|bench)\//,
    reason: 'examples/ stand alone, as the service of a user would.',
    typesToo: true,
  },
];

const nodeModules = {
  regex: `^(node:.*|(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})(/.*)?)$`,
  message: 'There is no Node in the workflow sandbox.',
};
const outsideModules = {
  regex: '^@temporalio/(activity|client|worker|testing)',
  allowTypeImports: true,
  message: 'The workflow sandbox refuses the outside halves of the SDK.',
};

/** What would give another result on replay: in the sandbox's clock, locale or memory. */
const unrepeatable = [
  { selector: 'ImportExpression', message: 'Workflow code is one bundle: it loads nothing while it runs.' },
  {
    selector: ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind!="const"]',
    message: 'Module state is shared by runs and lost on replay: keep it inside the workflow function.',
  },
  {
    selector:
      'CallExpression[callee.property.name=/^(toLocale\\w*|to(Date|Time)String|getTimezoneOffset|[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds))$/]',
    message: "Local time and locale are the worker machine's: use the UTC methods.",
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.sluice/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  zones.map(({ folder, no, reason, typesToo = false }) => ({
    files: [`${folder}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: no.source, allowTypeImports: !typesToo, message: reason },
            ...(folder === 'domain' || folder === 'workflows' ? [nodeModules, outsideModules] : []),
          ],
        },
      ],
      // The rule above does not see import(). A selector's pattern may hold no slash.
      'no-restricted-syntax': [
        'error',
        { selector: `ImportExpression > Literal[value=/${no.source.replaceAll('\\/', '\\u002F')}/]`, message: reason },
      ],
    },
  })),
  {
    files: ['domain/**/*.ts', 'workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...unrepeatable],
      'no-restricted-globals': ['error', { name: 'Intl', message: "Intl follows the worker machine's locale data." }],
    },
  },
  {
    // Here every union is our own, so an unknown kind is for the compiler to find: no default arm hides it.
    files: ['domain/**/*.ts', 'workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name=/^(it|test|describe|suite)$/][property.name="only"]',
          message: 'A test that runs alone silences all others.',
        },
      ],
    },
  },
);
