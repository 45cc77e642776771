import { type Command, Option } from 'commander';
import { durationText } from '../../../domain/duration.js';
import type { MigrationPhase } from '../../../domain/migration.js';
import { describeVerdict } from '../../../domain/rollback-verdict.js';
import type { FileStanding, SchemaStanding } from '../../../domain/schema-change.js';
import { ClientError } from '../../client-error.js';
import { keepOption } from '../../schema-order.js';
import { askSchema } from '../../schema-run.js';
import { brakeOption, withTuningOptions } from '../../tuning-options.js';
import { type ChangeOptions, type Found, registerDbChange } from './change.js';
import { reopenInstead } from './reopen.js';
import type { LoadDatabaseWork } from './work.js';

/** The phases of a schema change in the order they are run, the way back, and pgroll's words for them. */
export function registerDbPhases(group: Command, load: LoadDatabaseWork): void {
  registerDbChange(group, load, {
    name: 'expand',
    verbs: ['expand'],
    summary: 'run what is pending in expand/',
    description:
      'run what is pending in expand/, each file in one transaction, again and again until it gets its locks; `sluice db rollback` takes it back',
    example: 'sluice db expand --dir migrations --url postgres://localhost/shop',
    options: braking,
    foretell: (standing) => [
      listed(standing, 'expand'),
      '`sluice db rollback` takes it back by the undo files, until contract.',
    ],
  });
  registerDbChange(group, load, {
    name: 'backfill',
    verbs: ['backfill'],
    summary: 'fill old rows in batches, from where it stopped',
    description:
      'fill old rows in batches as backfill/ says; `sluice db tune` makes it gentler or faster while it runs; Ctrl-C stops it, and the same command goes on where it stopped; then counts what is left with `sluice db verify`',
    example: 'sluice db backfill --dir migrations --url postgres://localhost/shop',
    options: withTuningOptions,
    foretell: (standing) => [listed(standing, 'backfill'), 'Filled rows stay filled until the expand files go back.'],
  });
  registerDbChange(group, load, {
    name: 'contract',
    verbs: verbsOfContract,
    summary: 'remove what the old version needed',
    description:
      'run what is pending in contract/; refused until the sessions of the old version are gone: name them with --old-sessions, or say --unproven; with --soft nothing is removed yet, and the rights to it are taken away, until contract or --reopen, which needs no folder',
    example: 'sluice db contract --dir migrations --old-sessions shop-1 --url postgres://localhost/shop',
    ...contracting,
    options: (command) =>
      contracting
        .options(command)
        .addOption(
          new Option('--soft', 'only take the rights to what goes away, to see who still uses it').conflicts('reopen'),
        )
        .addOption(new Option('--reopen', 'give back the rights that --soft has taken away'))
        .option('--lane <environment/service>', 'with --reopen: those that a release of this lane has taken away')
        .addOption(keepOption()),
    instead: reopenInstead,
    foretell: (standing, options) =>
      options.soft === true ? foretellSoft(standing) : contracting.foretell(standing, options),
  });
  registerDbChange(group, load, {
    name: 'rollback',
    verbs: ['rollback'],
    summary: 'take expand back, newest file first',
    description:
      'take back what of expand/ is in effect by its undo files, newest first, and forget the backfills that came after; refused once contract has begun',
    example: 'sluice db rollback --dir migrations --url postgres://localhost/shop',
    guard: requireWayBack,
    foretell: ({ files }) => [
      `Will take back: ${names(takenBack(files))}.`,
      'What was written to the new columns alone is lost with them.',
    ],
  });
  registerDbChange(group, load, {
    name: 'start',
    verbs: ['expand', 'backfill'],
    summary: 'expand and backfill in one go, as pgroll’s start does',
    description:
      'expand and backfill in one go, as pgroll’s start does: then both versions work, and `sluice db rollback` takes it back',
    example: 'sluice db start --dir migrations --url postgres://localhost/shop',
    options: withTuningOptions,
    foretell: (standing) => [
      listed(standing, 'expand'),
      listed(standing, 'backfill'),
      '`sluice db rollback` takes it back, until contract.',
    ],
  });
  registerDbChange(group, load, {
    name: 'complete',
    verbs: ['contract'],
    summary: 'contract, as pgroll’s complete does',
    description:
      'contract, as pgroll’s complete does; refused until the sessions of the old version are gone: name them with --old-sessions, or say --unproven; to take rights away first and give them back, say `sluice db contract` with --soft and --reopen',
    example: 'sluice db complete --dir migrations --old-sessions shop-1 --url postgres://localhost/shop',
    ...contracting,
    options: (command) => contracting.options(command).addOption(keepOption()),
  });
}

const braking = (command: Command) => command.addOption(brakeOption());

const contracting = {
  options: (command: Command) =>
    braking(command)
      .option('--old-sessions <name>', 'application_name of sessions that must be gone; % stands for anything')
      .option('--unproven', 'nobody’s sessions are looked for: you know that the old version is gone'),
  guard: requireProof,
  foretell: (standing: SchemaStanding, { keep }: Pick<ChangeOptions, 'keep'>) => [
    listed(standing, 'contract'),
    ...(standing.rollback === undefined ? [] : [`Until now: ${describeVerdict(standing.rollback)}.`]),
    keep === undefined
      ? 'This is the point of no return: nothing brings it back.'
      : `This is the point of no return; columns and tables that go are kept for ${durationText(keep)}, for you to look into.`,
  ],
};

function verbsOfContract({ soft }: ChangeOptions) {
  return soft === true ? (['closeOld'] as const) : (['contract'] as const);
}

function foretellSoft({ softContract }: SchemaStanding): readonly string[] {
  const closes = softContract?.closes ?? [];
  return [
    closes.length === 0 ? 'Nothing is left to be closed.' : `Will take the rights away to: ${closes.join(', ')}.`,
    ...(softContract?.cannot ?? []),
    'Where columns are closed, `select *` of their table fails, for the new version too.',
    '`sluice db contract --reopen` and `sluice db rollback` give them back.',
  ];
}

function requireWayBack({ standing }: Found): Promise<readonly string[]> {
  const isOfScripts = standing.versions === undefined;
  // What earlier changes have contracted stays as it is.
  if (isOfScripts && takenBack(standing.files).length > 0) return Promise.resolve([]);
  const contracts = standing.files.filter(({ phase }) => phase === 'contract');
  // Of files of operations, those of earlier releases stay as they are; one in the middle of contract has no way back.
  const isOver = isOfScripts || contracts.every(({ state }) => state === 'applied');
  const contracted = contracts.filter(({ state }) => (isOver ? state === 'applied' : state === 'begun'));
  if (contracted.length === 0) return Promise.resolve([]);
  throw new ClientError({
    exit: 'refused',
    code: 'migration-failed',
    message: `expected contract not to have begun, found ${names(contracted)} ${isOver ? 'applied: what it removed' : 'begun: what it removes'} cannot be brought back`,
    remedy: isOver
      ? 'Go forward: write a migration that brings back what is missed.'
      : 'Go forward: end it with `sluice db contract`, and bring back what is missed with another migration.',
  });
}

async function requireProof(
  { work, order }: Found,
  { oldSessions, unproven }: ChangeOptions,
): Promise<readonly string[]> {
  if (unproven === true) return [];
  if (oldSessions === undefined) {
    throw new ClientError({
      exit: 'usage',
      message: 'expected --old-sessions with the application_name of the old version, found neither it nor --unproven',
      remedy: 'Say for example --old-sessions shop-1; or --unproven when you know that the old version is gone.',
    });
  }
  const { reasons, unseen } = await askSchema(() => work.standalone.evidence(order));
  if (reasons.length === 0) return unseen;
  throw new ClientError({
    exit: 'refused',
    code: 'contract-evidence-missing',
    message: [...reasons, ...unseen].join('\n'),
    remedy: 'End what still uses the old version, and run it again: nothing was changed.',
  });
}

/** Newest first; what of operations is contracted stays. */
function takenBack(files: SchemaStanding['files']): SchemaStanding['files'] {
  const stays = files.filter(({ phase, state }) => phase === 'contract' && state === 'applied');
  const isOpen = ({ file, isOver }: FileStanding) => isOver !== true && !stays.some((other) => other.file === file);
  return files.filter((file) => file.phase === 'expand' && file.state !== 'pending' && isOpen(file)).toReversed();
}

function listed({ files }: SchemaStanding, wanted: MigrationPhase): string {
  const open = files.filter(({ phase, state }) => phase === wanted && state !== 'applied');
  return open.length === 0 ? `Nothing is pending in ${wanted}/.` : `Will run: ${names(open)}.`;
}

function names(files: SchemaStanding['files']): string {
  return files.length === 0 ? 'nothing' : files.map(({ file }) => file).join(', ');
}
