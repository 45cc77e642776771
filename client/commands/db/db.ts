import type { Command } from 'commander';
import { examples } from '../../examples.js';
import { registerDbBaseline } from './baseline.js';
import { registerDbDiff } from './diff.js';
import { registerDbHistory } from './history.js';
import { registerDbLint } from './lint.js';
import { registerDbPhases } from './phases.js';
import { registerDbPlan } from './plan.js';
import { registerDbPurge } from './purge.js';
import { registerDbRepair } from './repair.js';
import { registerDbTune } from './tune.js';
import { registerDbVerify } from './verify.js';
import type { LoadDatabaseWork } from './work.js';

export function registerDb(program: Command, load: LoadDatabaseWork): void {
  const group = program
    .command('db')
    .summary('work with the schema changes of a database')
    .description('work with the schema changes of a database, without Temporal and without a worker')
    .addHelpText('after', examples('sluice db lint --dir migrations/v2'));
  registerDbPlan(group, load);
  registerDbLint(group, load);
  registerDbPhases(group, load);
  registerDbTune(group, load);
  registerDbVerify(group, load);
  registerDbHistory(group, load);
  registerDbDiff(group, load);
  registerDbPurge(group, load);
  registerDbRepair(group, load);
  registerDbBaseline(group, load);
}
