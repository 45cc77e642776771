import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole stacks that wait for most of their time: begun last, they would be what everybody waits for. */
const long = /\/test\/(crash|e2e)\//;

/** Begins with the files that take longest; of the rest vitest knows best. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [
      ...sorted.filter(({ moduleId }) => long.test(moduleId)),
      ...sorted.filter(({ moduleId }) => !long.test(moduleId)),
    ];
  }
}
