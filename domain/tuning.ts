import { batchBrakeNames, type BrakeLimits, brakeLimitText, brakeNames, lookAway } from './brake-limits.js';

/** How hard a backfill works, as far as somebody has said so; what is not said stays as the backfill was begun. */
export interface Tuning {
  /** The share of the time that it works, 0.01 to 1; the rest it pauses. */
  readonly pace?: number;
  /** What a batch should take, 1 to 1,000. Milliseconds. */
  readonly batchMs?: number;
  /** How many parts of a table it works at at once, each in a session of its own; 1 to 16. */
  readonly jobs?: number;
  /** What it waits for before a batch. */
  readonly brakes?: Partial<BrakeLimits>;
}

/** What somebody says to a backfill that runs, or is yet to. */
export interface TuningOrder {
  readonly tuning: Tuning;
  /** Forgets what was said before. */
  readonly reset?: boolean;
  readonly actor: string;
  readonly reason: string;
}

/** A tuning that is in force, and who has said it last. */
export interface Tuned {
  readonly tuning: Tuning;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A backfill that is not done, and what an order came to. */
export interface TunedFile {
  /** `backfill/V2__fill.sql` */
  readonly file: string;
  readonly was: Tuning;
  readonly now: Tuning;
}

/** As people write and read it. */
export const defaultPaceText = '50%';

/** `20%`, `full`; `undefined` for anything else. */
export function readPace(text: string): number | undefined {
  if (text === 'full') return 1;
  const share = /^\d+(\.\d+)?%$/.test(text) ? Number.parseFloat(text) / 100 : Number.NaN;
  return isPace(share) ? share : undefined;
}

/** What `readPace` takes. */
export const paceForm = 'a share of the time from 1% to 100%, or full, which is without pauses';

/** `5`; `undefined` for anything else. */
export function readBatchMs(text: string): number | undefined {
  return /^\d+$/.test(text) && isBatchMs(Number(text)) ? Number(text) : undefined;
}

/** What `readBatchMs` takes. */
export const batchMsForm = 'a whole number of milliseconds from 1 to 1000';

/** `4`; `undefined` for anything else. */
export function readJobs(text: string): number | undefined {
  return /^\d+$/.test(text) && areJobs(Number(text)) ? Number(text) : undefined;
}

/** What `readJobs` takes. */
export const jobsForm = 'a whole number from 1 to 16';

/** Whatever came over the wire or lies in a table; `undefined` when it is no tuning. */
export function asTuning(value: unknown): Tuning | undefined {
  if (!isRecord(value)) return undefined;
  const { pace, batchMs, jobs, brakes, ...rest } = value;
  if (Object.keys(rest).length > 0) return undefined;
  const isTuning =
    (pace === undefined || isPace(pace)) &&
    (batchMs === undefined || isBatchMs(batchMs)) &&
    (jobs === undefined || areJobs(jobs)) &&
    (brakes === undefined || areBrakes(brakes));
  return isTuning ? value : undefined;
}

function isPace(value: unknown): boolean {
  return typeof value === 'number' && value >= 0.01 && value <= 1;
}

function isBatchMs(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1_000;
}

function areJobs(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 16;
}

function areBrakes(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(([name, limit]) => {
    const isLimit = limit === 'off' || (typeof limit === 'number' && limit >= 0);
    return isLimit && brakeNames.some((known) => known === name);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is in force after an order: what it does not speak of stays. */
export function retuned(before: Tuning, { tuning, reset }: Pick<TuningOrder, 'tuning' | 'reset'>): Tuning {
  const kept = reset === true ? {} : before;
  const brakes = { ...kept.brakes, ...tuning.brakes };
  return { ...kept, ...tuning, ...(Object.keys(brakes).length === 0 ? {} : { brakes }) };
}

/** Why no backfill can be told this; `undefined` when it can. */
export function refuseUntunable({ brakes = {} }: Tuning): string | undefined {
  const other = Object.keys(brakes).find((name) => !batchBrakeNames.some((known) => known === name));
  if (other === undefined) return undefined;
  return `expected brakes of a backfill (${batchBrakeNames.join(', ')}), found ${other}, which strong locks wait for: ${lookAway}`;
}

export function isTuned({ pace, batchMs, jobs, brakes }: Tuning): boolean {
  return [pace, batchMs, jobs, brakes].some((said) => said !== undefined);
}

/** `pace 20 %, batches of 5 ms, 4 jobs, replicaBytes 256 MB` */
export function describeTuning({ pace, batchMs, jobs, brakes = {} }: Tuning): string {
  const said = [
    ...(pace === undefined ? [] : [pace === 1 ? 'full pace' : `pace ${Number((pace * 100).toFixed(1))} %`]),
    ...(batchMs === undefined ? [] : [`batches of ${batchMs} ms`]),
    ...(jobs === undefined ? [] : [jobs === 1 ? '1 job' : `${jobs} jobs`]),
    ...brakeNames.flatMap((name) => {
      const limit = brakes[name];
      return limit === undefined ? [] : [`${name} ${brakeLimitText(name, limit)}`];
    }),
  ];
  return said.length === 0 ? 'as it was begun' : said.join(', ');
}

/** `tuned by ann: pace 20 %` */
export function describeTuned({ tuning, by }: Pick<Tuned, 'tuning' | 'by'>): string {
  return `tuned by ${by}: ${describeTuning(tuning)}`;
}

/** `backfill/V2__fill.sql: pace 20 % (before: as it was begun)` */
export function describeTunedFile({ file, was, now }: TunedFile): string {
  return `${file}: ${describeTuning(now)} (before: ${describeTuning(was)})`;
}
