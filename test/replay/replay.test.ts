import { beforeAll, describe, expect, it } from 'vitest';
import { builtBundle, bundleWorkflows } from '../workflows/workflow-bundle.js';
import { readHistories } from './history-files.js';
import { type Replayed, recordedDecisions, replay, witnessModule } from './replay.js';

const histories = readHistories();
let built: ReadonlyMap<string, Replayed>;
let witnessed: ReadonlyMap<string, Replayed>;

beforeAll(async () => {
  built = await replay(builtBundle, histories);
  witnessed = await replay(await bundleWorkflows({ workflowInterceptorModules: [witnessModule] }), histories);
});

describe.each(histories.map((file) => [file.workflowId, file] as const))('%s', (_name, file) => {
  it('is replayed by the workflow code of this build', () => {
    expect(built.get(file.workflowId)).toMatchObject({ complaint: undefined });
  });

  it('is decided again as it was, with the same arguments and times', () => {
    expect(witnessed.get(file.workflowId)).toEqual({ complaint: undefined, decided: recordedDecisions(file) });
  });
});
