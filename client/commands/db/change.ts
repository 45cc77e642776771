import type { Command } from 'commander';
import type { SchemaOrder, SchemaOutcome, SchemaRun, SchemaStanding } from '../../../domain/schema-change.js';
import { confirm } from '../../confirm.js';
import { examples } from '../../examples.js';
import type { Report } from '../../reports.js';
import { type GlobalOptions, run } from '../../run.js';
import { type SchemaOptions, readSchemaOrder, withSchemaOptions } from '../../schema-order.js';
import { askSchema, runSchema } from '../../schema-run.js';
import { outcomeText } from '../../schema-text.js';
import { requireRunnable } from './standing.js';
import type { DatabaseWork, LoadDatabaseWork } from './work.js';

export interface ChangeOptions extends SchemaOptions, GlobalOptions {
  readonly yes?: boolean;
  readonly unproven?: boolean;
  readonly soft?: boolean;
  readonly reopen?: boolean;
  readonly lane?: string;
}

/** What a command knows when it is asked whether to begin. */
export interface Found {
  readonly work: DatabaseWork;
  readonly order: SchemaOrder;
  readonly standing: SchemaStanding;
}

type Verb = 'expand' | 'backfill' | 'closeOld' | 'contract' | 'rollback';

interface ChangeCommand {
  readonly name: Verb | 'start' | 'complete';
  /** One after the other. */
  readonly verbs: readonly Verb[] | ((options: ChangeOptions) => readonly Verb[]);
  readonly summary: string;
  readonly description: string;
  readonly example: string;
  /** What will be done, and what of it can still be undone; before it is asked whether to. */
  readonly foretell: (standing: SchemaStanding, options: ChangeOptions) => readonly string[];
  /** Throws a reason not to begin; answers with what it could not look at. */
  readonly guard?: (found: Found, options: ChangeOptions) => Promise<readonly string[]>;
  readonly options?: (command: Command) => Command;
  /** What is done without looking at any file, when the options ask for it. */
  readonly instead?: (options: ChangeOptions, load: LoadDatabaseWork) => Promise<Report> | undefined;
}

/** A command that changes a schema: reads the files, refuses what cannot be run, says what it will do, does it, shows how it goes. */
export function registerDbChange(group: Command, load: LoadDatabaseWork, change: ChangeCommand): void {
  const command = withSchemaOptions(group.command(change.name), {
    dir: change.instead === undefined ? 'required' : 'optional',
  });
  (change.options?.(command) ?? command)
    .summary(change.summary)
    .description(change.description)
    .option('--yes', 'do not ask')
    .addHelpText('after', examples(change.example))
    .action((_options: ChangeOptions, of: Command) => {
      const options = of.optsWithGlobals<ChangeOptions>();
      return run(options, async () => change.instead?.(options, load) ?? changeSchema(options, load, change));
    });
}

async function changeSchema(options: ChangeOptions, load: LoadDatabaseWork, change: ChangeCommand): Promise<Report> {
  const verbs = typeof change.verbs === 'function' ? change.verbs(options) : change.verbs;
  const order = await readSchemaOrder(options);
  const work = await load();
  // The way back must not depend on whether one would start today.
  const standing = verbs.includes('rollback')
    ? await askSchema(() => work.standalone.standing(order))
    : await requireRunnable(work, order);
  const unseen = (await change.guard?.({ work, order, standing }, options)) ?? [];
  await confirm([...change.foretell(standing, options), ...unseen], options);
  const outcome = await runSchema(options, (watched) => runVerbs(work, verbs, { order, watched }));
  return { exit: 'released', document: outcome, text: outcomeText(change.name, outcome) };
}

async function runVerbs(
  { standalone }: DatabaseWork,
  verbs: readonly Verb[],
  { order, watched }: { readonly order: SchemaOrder; readonly watched: SchemaRun },
): Promise<SchemaOutcome> {
  let outcome: SchemaOutcome = { files: [] };
  for (const verb of verbs) {
    const done: SchemaOutcome = await standalone[verb](order, watched);
    outcome = { ...outcome, ...done, files: [...outcome.files, ...done.files] };
  }
  return outcome;
}
