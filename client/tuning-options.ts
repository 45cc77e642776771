import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  batchBrakeNames,
  type BrakeLimits,
  type BrakeName,
  brakeNames,
  describeBrakeLimit,
  readBrakeLimit,
} from '../domain/brake-limits.js';
import {
  batchMsForm,
  defaultPaceText,
  isTuned,
  jobsForm,
  paceForm,
  readBatchMs,
  readJobs,
  readPace,
  refuseUntunable,
  type Tuning,
  type TuningOrder,
} from '../domain/tuning.js';
import { ClientError } from './client-error.js';

/** How hard a backfill works, as a command is told. */
export interface TuningOptions {
  readonly pace?: number;
  readonly batchMs?: number;
  readonly jobs?: number;
  readonly brake?: Partial<BrakeLimits>;
  /** Of `tune`. */
  readonly reset?: boolean;
}

export function withTuningOptions(command: Command, brake = brakeOption()): Command {
  return command
    .addOption(
      new Option(
        '--pace <share>',
        `the share of the time that a backfill works, such as 20%, or full, without pauses (as usual: ${defaultPaceText})`,
      ).argParser((text: string) => readPace(text) ?? refuse(paceForm)),
    )
    .addOption(
      new Option('--batch-ms <ms>', 'what a batch should take, and locks its rows for (as usual: 10)').argParser(
        (text: string) => readBatchMs(text) ?? refuse(batchMsForm),
      ),
    )
    .addOption(
      new Option(
        '--jobs <n>',
        'how many parts of a table a backfill of operations works at at once, 1 to 16 (as usual: 1)',
      ).argParser((text: string) => readJobs(text) ?? refuse(jobsForm)),
    )
    .addOption(brake);
}

export function brakeOption(): Option {
  return brakeOptionOf('before a batch of a backfill, or before a strong lock (standbyQueries)', brakeNames);
}

function brakeOptionOf(before: string, names: readonly BrakeName[]): Option {
  return new Option(
    '--brake <name=limit>',
    `what is waited for ${before}, such as replicaBytes=64MB or vacuum=off: ${names.join(', ')}`,
  ).argParser((text: string, before: Partial<BrakeLimits> = {}) => ({ ...before, ...brakeIn(text) }));
}

/** Those, and what takes back what was said before. */
export function withRetuningOptions(command: Command): Command {
  return withTuningOptions(command, brakeOptionOf('before a batch', batchBrakeNames)).option(
    '--reset',
    'forget what was said before: as it was begun',
  );
}

export function tuningIn({ pace, batchMs, jobs, brake }: TuningOptions): Tuning {
  return {
    ...(pace === undefined ? {} : { pace }),
    ...(batchMs === undefined ? {} : { batchMs }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(brake === undefined ? {} : { brakes: brake }),
  };
}

/** Refused when nothing is said, and what no backfill can be told. */
export function retuningIn(options: TuningOptions): Pick<TuningOrder, 'tuning' | 'reset'> {
  const tuning = tuningIn(options);
  const untunable = refuseUntunable(tuning);
  if (untunable !== undefined) throw new ClientError({ exit: 'usage', message: untunable, remedy: shown });
  if (options.reset === true) return { tuning, reset: true };
  if (isTuned(tuning)) return { tuning };
  throw new ClientError({
    exit: 'usage',
    message: 'expected --pace, --batch-ms, --jobs, --brake or --reset, found none of them',
    remedy: `Say for example --pace 20%. ${shown}`,
  });
}

const shown = 'What is in force is shown by `sluice db status`.';

function refuse(form: string): never {
  throw new InvalidArgumentError(`expected ${form}.`);
}

function brakeIn(text: string): Partial<BrakeLimits> {
  const [, word, limit = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  const name = brakeNames.find((known) => known === word);
  if (name === undefined) throw new InvalidArgumentError(`expected one of ${brakeNames.join(', ')} with its limit.`);
  const read = readBrakeLimit(name, limit);
  if (read === undefined) throw new InvalidArgumentError(`expected ${name} to be ${describeBrakeLimit(name)}.`);
  return { [name]: read };
}
