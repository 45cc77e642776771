import { counted } from '../../../domain/counted.js';
import type {
  LintDatabase,
  LintFinding,
  LintLayer,
  LintReport,
  OperationInputs,
} from '../../../domain/lint/finding.js';
import { isReleaseError } from '../../../domain/failure.js';
import { connect } from '../connection.js';
import { type Known, planAll, readKnown } from '../operations/known.js';
import { describeProblem, readOperationFiles } from '../operations/operation-file.js';
import { refusalsOf } from '../operations/operations-check.js';
import { describeFacts, readDatabaseFacts } from './live-facts.js';
import { operationPlaces, type OperationPlaces } from './operation-places.js';
import { readSteps, stepFindings } from './operation-findings.js';
import { derivedSteps } from './operation-steps.js';
import { dryRunOperations, type OperationsRun } from './operations-dry-run.js';
import { askSquawk, type SquawkAnswer } from './squawk.js';
import { relationsIn } from './tree.js';

/**
 * Says of files of operations what would keep them from being begun, and what of the statements they make would hurt a
 * running service. Those depend on the schema: without a database only what the files themselves say is looked at.
 */
export async function lintOperations(inputs: OperationInputs, database: LintDatabase | undefined): Promise<LintReport> {
  if (database === undefined) {
    return lintAlone(inputs, 'no database was named (--url, DATABASE_URL, or libpq’s PGHOST and the like)');
  }
  try {
    return await lintAgainst(inputs, database);
  } catch (error) {
    if (!database.optional || !isReleaseError(error)) throw error;
    return lintAlone(inputs, error.message);
  }
}

function lintAlone(inputs: OperationInputs, reason: string): LintReport {
  const places = operationPlaces(inputs);
  const problems = readOperationFiles(inputs.files).problems.map(describeProblem);
  const detail = 'what the files say; what they do depends on the schema';
  return {
    files: places.files,
    statements: 0,
    findings: problems.map((problem) => refusalFinding(places, problem)),
    layers: [
      { name: 'rules', ran: true, detail },
      { name: 'live facts', ran: false, detail: reason },
    ],
    observed: [],
  };
}

async function lintAgainst(inputs: OperationInputs, { url, dryRun: wanted }: LintDatabase): Promise<LintReport> {
  const session = { applicationName: 'sluice-lint', lockTimeoutMs: 1_000, statementTimeoutMs: 30_000 };
  const connection = await connect({ url, ...session });
  try {
    const migration = { lane: 'lint', url, files: [], operations: inputs.files, lockTimeoutMs: 1 };
    const known = await readKnown(connection, migration);
    const { refusals, plans } = await planAll(connection, known);
    const refused = [...(await refusalsOf(connection, migration, known)), ...refusals];
    const { rows } = await connection.query<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    );
    const steps = derivedSteps([...plans.values()], rows[0]?.major ?? 0);
    const read = await readSteps(steps);
    const nodes = read.flatMap(({ file }) => file.statements.map(({ node }) => node));
    const facts = await readDatabaseFacts(connection, [...new Set(nodes.flatMap((node) => [...relationsIn(node)]))]);
    const squawk = await askSquawk(
      read.map(({ file }) => file),
      facts.version,
    );
    const oldSchemas = known.history.map(({ versionSchema }) => versionSchema);
    const run = wanted
      ? await dryRunOperations({ connection, url, schema: known.schema, steps, oldSchemas })
      : undefined;
    const ran = run !== undefined && 'observed' in run ? run : undefined;

    const places = operationPlaces(inputs);
    return {
      files: places.files,
      statements: steps.reduce((sum, { statements }) => sum + statements.length, 0),
      findings: [
        ...refused.map(({ message }) => refusalFinding(places, message)),
        ...stepFindings({
          places,
          read,
          facts,
          known,
          squawk: 'hits' in squawk ? squawk.hits : [],
          ...(ran === undefined ? {} : { run: ran }),
        }),
      ].toSorted(places.compare),
      layers: [
        { name: 'rules', ran: true, detail: `${describeLeft(known, plans.size)}, for Postgres ${facts.version}` },
        squawkLayer(squawk),
        { name: 'live facts', ran: true, detail: describeFacts(facts) },
        ...dryRunLayer(run),
      ],
      observed: (ran?.observed ?? []).map(({ at, ...observed }) => {
        const { file, line } = places.of(at);
        return { file, line, ...observed };
      }),
    };
  } finally {
    await connection.close();
  }
}

function squawkLayer(squawk: SquawkAnswer): LintLayer {
  if ('unavailable' in squawk) return { name: 'squawk', ran: false, detail: squawk.unavailable };
  const unread = squawk.unread.length;
  const rest = unread === 0 ? '' : `, except ${counted(unread, 'transaction')} that it cannot read`;
  return { name: 'squawk', ran: true, detail: `the statements that they make${rest}` };
}

/** A file behind one that is refused, or whose SQL nobody can read the result of, is not planned. */
function describeLeft({ set, history }: Known, planned: number): string {
  const open = set.migrations.filter(({ name }) => !history.some((entry) => entry.name === name)).length;
  const unplanned = open - planned;
  const files = counted(planned, 'file');
  return unplanned === 0 ? files : `${files}; ${unplanned} more can only be read when those before are run`;
}

function dryRunLayer(run: OperationsRun | { readonly unavailable: string } | undefined): readonly LintLayer[] {
  if (run === undefined) return [];
  if ('unavailable' in run) return [{ name: 'dry run', ran: false, detail: run.unavailable }];
  return [{ name: 'dry run', ran: true, detail: 'on a copy of the schema without rows, which is gone again' }];
}

function refusalFinding(places: OperationPlaces, message: string): LintFinding {
  const { text, ...place } = places.in(message);
  return places.finding('operation-refused', { ...place, what: text });
}
