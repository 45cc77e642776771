import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { type WorkflowBundle, bundleWorkflows } from '../workflows/workflow-bundle.js';
import { readHistories } from './history-files.js';
import { recordedDecisions, replay, witnessModule } from './replay.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('that each broken workflow is noticed');

// Mistakes somebody could make in the workflows. A corpus that replays them without a word would prove nothing.
const mutants = [
  {
    mistake: 'undoes the oldest effect first',
    history: 'rolled-back-by-verdict',
    file: 'compensation.ts',
    line: 'for (const undo of way.undos) {',
    becomes: 'for (const undo of [...way.undos].reverse()) {',
  },
  {
    mistake: 'lets a cancellation reach the way back',
    history: 'cancelled-in-a-shift',
    file: 'release.ts',
    line: 'return CancellationScope.nonCancellable(() =>\n      admitted',
    becomes: 'return CancellationScope.cancellable(() =>\n      admitted',
  },
  {
    mistake: 'judges the last moment of a bake alone',
    history: 'released-with-database',
    file: 'release.ts',
    line: '{ release, fromMs, toMs: Date.now() }',
    becomes: '{ release, fromMs: Date.now(), toMs: Date.now() }',
  },
  {
    mistake: 'goes back without fencing first',
    history: 'aborted-in-a-bake',
    file: 'compensation.ts',
    line: 'await undoBooks().beginWayBack(run.release);\n  });',
    becomes: '{ undos: [] as Undo[], generation: 1, settleMs: 1, pastPointOfNoReturn: false };\n  });',
  },
  {
    mistake: 'runs the releases of a lane at once',
    history: 'lane-with-two-releases',
    file: 'lane.ts',
    line: "else await superviseRelease(next, next.state === 'queued');",
    becomes: "else await Promise.all(open.map((each) => superviseRelease(each, each.state === 'queued')));",
  },
] as const;

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(root, 'dist', 'mutants-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each(mutants.map((it) => [it.history, it.mistake, it] as const))(
  '%s notices a build that %s',
  async (...[, , mutant]) => {
    const [file] = readHistories().filter(({ workflowId }) => workflowId === mutant.history);
    if (file === undefined) throw new Error(`there is no history of ${mutant.history}`);
    const replayed = await replay(await bundleMutant(mutant), [file]);
    expect(replayed.get(mutant.history)).not.toEqual({ complaint: undefined, decided: recordedDecisions(file) });
  },
);

type Mutant = (typeof mutants)[number];

async function bundleMutant({ file, line, becomes }: Mutant): Promise<WorkflowBundle> {
  const mutated = mkdtempSync(path.join(folder, 'one-'));
  for (const name of ['domain', 'workflows'])
    cpSync(path.join(root, name), path.join(mutated, name), { recursive: true });
  const source = readFileSync(path.join(root, 'workflows', file), 'utf8');
  // A mutant that is no mutant any more would be replayed without complaint.
  expect(source).toContain(line);
  writeFileSync(path.join(mutated, 'workflows', file), source.replace(line, becomes));
  return bundleWorkflows({
    workflowsPath: path.join(mutated, 'workflows', 'index.ts'),
    workflowInterceptorModules: [witnessModule],
  });
}
