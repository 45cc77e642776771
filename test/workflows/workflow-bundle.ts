import { fileURLToPath } from 'node:url';
import { type BundleOptions, type WorkflowBundleOption, bundleWorkflowCode } from '@temporalio/worker';

export type WorkflowBundle = WorkflowBundleOption;

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What production runs; built before the tests. */
export const builtBundle: WorkflowBundle = { codePath: fileOf('dist/workflow-bundle.js') };

/** The workflows as they are in the sources, bundled with something of the test's. */
export function bundleWorkflows(options: Partial<BundleOptions> = {}): Promise<{ readonly code: string }> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error() {} };
  return bundleWorkflowCode({ workflowsPath: fileOf('workflows/index.ts'), logger: quiet, ...options });
}
