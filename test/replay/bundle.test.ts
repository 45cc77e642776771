import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../workflows/workflow-bundle.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository: the SDK is looked up from there.
const folder = mkdtempSync(path.join(root, 'dist', 'bundle-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the workflow bundle', () => {
  it.each([
    ['a Node module', `import { readFileSync } from 'fs'; export const w = async () => readFileSync('x');`, 'fs'],
    [
      'the client half of the SDK',
      `import { Client } from '@temporalio/client'; export const w = async () => new Client();`,
      '@temporalio/client',
    ],
  ])('refuses %s', async (what, source, name) => {
    const workflowsPath = path.join(folder, `${what.split(' ')[1]}.ts`);
    writeFileSync(workflowsPath, source);
    await expect(bundleWorkflows({ workflowsPath })).rejects.toThrow(`'${name}'`);
  });
});
