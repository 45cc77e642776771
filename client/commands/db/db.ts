import type { Command } from 'commander';
import type { LintOrder, LintReport } from '../../../domain/lint/finding.js';
import { examples } from '../../examples.js';
import { registerDbLint } from './lint.js';

/** What the commands about a database are done with, where no worker is asked. */
export interface DatabaseWork {
  lint(order: LintOrder): Promise<LintReport>;
}

export function registerDb(program: Command, load: () => Promise<DatabaseWork>): void {
  const group = program
    .command('db')
    .summary('work with the schema changes of a database')
    .description('work with the schema changes of a database, without Temporal and without a worker')
    .addHelpText('after', examples('sluice db lint --dir migrations/v2'));
  registerDbLint(group, load);
}
