/** Who has to do something about a failure before the release can go on. */
export type Actor = 'author' | 'operator' | 'platform' | 'nobody';

export interface FailureEntry {
  /** Whether the same call may succeed later without anybody doing anything. Retry policies are derived from this. */
  readonly retryable: boolean;
  readonly actor: Actor;
  /** What that actor does, in one sentence; printed by the client unchanged. */
  readonly remedy: string;
  /** What to mend while a release is parked on it, before anybody answers. Default: what `remedy.ts` makes of the rest. */
  readonly parked?: string;
  /** What to mend once a release has ended with it, before it is released again. Default: `remedy` as it is. */
  readonly ended?: string;
}

/**
 * Every failure sluice can name. The key is the `type` of the ApplicationFailure in Temporal, the `code` in the ledger
 * and in `--json` output.
 */
export const failures = {
  'manifest-invalid': {
    retryable: false,
    actor: 'author',
    remedy: 'Correct the manifest at the lines named and submit again.',
  },
  'release-changed': {
    retryable: false,
    actor: 'author',
    remedy: 'Give the changed content a new version, or submit the manifest that was admitted under this release id.',
  },
  'plan-refused': {
    retryable: false,
    actor: 'operator',
    remedy: 'Change what the message names, then submit again.',
  },
  'traffic-drift': {
    retryable: false,
    actor: 'operator',
    remedy: 'Find out who changed the rule; put it back and retry, or abort to send all traffic to the old colour.',
    parked: 'Find out who changes the rule, see that they stop, and put it back.',
    ended: 'Find out who changed the rule, and see that they stop.',
  },
  'colour-not-ready': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, look at the target health and the tasks of that colour.',
  },
  'rollout-failed': {
    retryable: false,
    actor: 'author',
    remedy: 'Read the stopped tasks named, correct the image or its configuration, and release a new version.',
  },
  'rollout-timeout': {
    retryable: false,
    actor: 'operator',
    remedy:
      'Check capacity, image size and health check settings; raise workload.rolloutTimeout if the start is just slow.',
    parked: 'Check capacity and health of the tasks that must start again.',
  },
  'smoke-failed': {
    retryable: false,
    actor: 'author',
    remedy: 'Call the path named through the test rule, correct the version, and release a new one.',
  },
  'verdict-failed': {
    retryable: false,
    actor: 'author',
    remedy: 'Compare the numbers of both colours in the verdict, correct the version, and release a new one.',
  },
  'metrics-unreachable': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, check the metric source and the worker’s permissions on it.',
  },
  aborted: {
    retryable: false,
    actor: 'nobody',
    remedy: 'Nothing: an operator asked for it.',
    parked: 'The step was cancelled on its way.',
  },
  fenced: {
    retryable: false,
    actor: 'nobody',
    remedy: 'Nothing: a later generation of the same lane has taken over from this attempt.',
    parked: 'A later attempt in this lane had taken over; the next one takes a generation of its own.',
    ended: 'Something else was at work in this lane, or its ledger was restored from a backup: see that it has ended.',
  },
  'not-in-effect': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, somebody or something undoes what sluice sets: find it.',
  },
  'aws-throttled': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, find what else uses up the account’s request rate.',
  },
  'aws-unreachable': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, check network, region and endpoint of the worker.',
  },
  'aws-credentials': {
    retryable: true,
    actor: 'operator',
    remedy: 'Give the worker credentials that AWS takes, or set its clock; it is tried on until then.',
    parked: 'Give the worker credentials that AWS takes, or set its clock.',
    ended: 'Give the worker credentials that AWS takes, or set its clock.',
  },
  'aws-refused': {
    retryable: false,
    actor: 'operator',
    remedy: 'Correct what AWS names: a permission, a name, or a value of the manifest.',
    parked: 'Correct what AWS names, a permission or what is there under the name.',
  },
  'database-unreachable': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, check the database and the worker’s way to it.',
  },
  'database-refused': {
    retryable: true,
    actor: 'operator',
    remedy: 'Correct the secret, the name of the database or the rights of its user; it is tried on until then.',
  },
  'database-locked': {
    retryable: true,
    actor: 'operator',
    remedy: 'Nothing while it is retried; if it lasts, end the session named that holds the lock.',
  },
  'migration-failed': {
    retryable: false,
    actor: 'author',
    remedy: 'Correct the statement at the file and line named and release a new version.',
    parked: 'Bring the database into a state in which the statement named runs: the files of the release are frozen.',
  },
  'migration-changed': {
    retryable: false,
    actor: 'author',
    remedy: 'Restore the file that was applied under this name and put the change into a new file.',
    parked:
      'Compare the file with what was applied under its name; where the difference does not matter, accept it with `sluice db repair`.',
  },
  'schema-drift': {
    retryable: false,
    actor: 'operator',
    remedy: 'Look with `sluice db diff` who changed what; put it back, or accept it with `sluice db repair`.',
  },
  'version-in-use': {
    retryable: false,
    actor: 'operator',
    remedy: 'End what still uses the version that must go (named in the message) and retry, or abort.',
    parked: 'End what still uses the version that must go (named in the message).',
    ended: 'End what still uses the version that must go (named in the message).',
  },
  'contract-evidence-missing': {
    retryable: true,
    actor: 'operator',
    remedy: 'End what still uses the old version (named in the message); contract goes on by itself when it is gone.',
  },
  'contract-skipped': {
    retryable: false,
    actor: 'operator',
    remedy:
      'Enter what of contract was run by hand in the schema history (“Operate a release” says how), and run the rest with `sluice db contract`.',
  },
  'wait-skipped': {
    retryable: false,
    actor: 'operator',
    remedy:
      'See that nothing of the old version is left (what was waited for is in the message); then nothing is to do.',
  },
  'undo-skipped': {
    retryable: false,
    actor: 'operator',
    remedy: 'Look at what was taken over by hand (named in the message); once it is as it was, release again.',
  },
  'secret-missing': {
    retryable: false,
    actor: 'operator',
    remedy: 'Give the worker the secret named and retry.',
    parked: 'Give the worker the secret named.',
    ended: 'Give the worker the secret named.',
  },
  'ledger-unreachable': {
    retryable: true,
    actor: 'platform',
    remedy: 'Nothing while it is retried; if it lasts, bring the ledger’s Postgres back.',
  },
  'ledger-ahead': {
    retryable: false,
    actor: 'operator',
    remedy:
      'Start the newer sluice worker: a newer program has migrated the ledger, and an older one must not write to it.',
    parked: 'Stop the older sluice workers and start the newer one, which has migrated the ledger.',
  },
  'release-unknown': {
    retryable: false,
    actor: 'operator',
    remedy: 'Check the release id, the environment and the ledger the worker is connected to.',
    parked: 'See that the worker is connected to the ledger that the release was admitted in.',
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof failures;

/** What anything else is told as, `internal`: a defect of ours, which nobody can mend in a manifest. */
export const defect: FailureEntry = {
  retryable: false,
  actor: 'platform',
  remedy: 'This is a defect of sluice: keep the history of the run.',
};

export const failureCodes = Object.keys(failures) as FailureCode[];

export function isFailureCode(value: string | null | undefined): value is FailureCode {
  return value !== null && value !== undefined && Object.hasOwn(failures, value);
}

/** The codes Temporal must not retry, for `nonRetryableErrorTypes`. */
export const finalFailureCodes: readonly FailureCode[] = failureCodes.filter((code) => !failures[code].retryable);

/** Those that are retried, and told only when they last for longer than anybody waits. */
export const passingFailureCodes: readonly FailureCode[] = failureCodes.filter((code) => failures[code].retryable);

/** What is told about a failure: to the ledger, to the operator, to `--json`. */
export interface Failure {
  readonly code: FailureCode | 'internal';
  readonly message: string;
}

/**
 * The one error activities and adapters throw on purpose. `message` says what was expected, what was found; the remedy
 * comes from the table. It becomes an ApplicationFailure of type `code` at the activity's edge.
 */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isReleaseError(error: unknown): error is ReleaseError {
  return error instanceof Error && error.name === 'ReleaseError' && 'code' in error;
}
