import type { LintFinding, LintLayer, LintOrder, LintReport } from '../../../domain/lint/finding.js';
import { type RuleName, lintRules } from '../../../domain/lint/rules.js';
import { squawkRules } from '../../../domain/lint/squawk-rules.js';
import { describeWaits } from '../../../domain/lint/waits.js';
import { askDatabase } from './ask-database.js';
import type { DryRun } from './dry-run.js';
import { excerpt, statementLength } from './excerpt.js';
import { type LintFile, readLintFile } from './lint-file.js';
import { lintOperations } from './lint-operations.js';
import type { DatabaseFacts } from './live-facts.js';
import type { LocatedHit } from './located-hit.js';
import { ownFindings } from './own-rules.js';
import { type SquawkAnswer, askSquawk } from './squawk.js';
import { suppress } from './suppressions.js';

/** The server of a change that names none: the oldest that is still maintained. */
const defaultPostgresVersion = 14;

/**
 * Reads SQL, or files of operations, and says what of it would hurt a service that is running. Changes nothing but a scratch database that the
 * dry run makes and drops. Errors: those of a database that is not optional, `database-unreachable`, `database-refused`
 * and `secret-missing`.
 */
export async function lint({ inputs, operations, postgresVersion, database }: LintOrder): Promise<LintReport> {
  if (operations !== undefined) return lintOperations(operations, database);
  const files = await Promise.all(inputs.map(readLintFile));
  const { facts, dryRun, layers } = await askDatabase(database, files);
  const postgres = facts?.version ?? postgresVersion ?? defaultPostgresVersion;
  const squawk = await askSquawk(files, postgres);
  const own = [...ownFindings(files, { postgres, ...(facts === undefined ? {} : { facts }) })];
  const hits = byFile([...own, ...('hits' in squawk ? squawk.hits : []), ...newsOf(dryRun, own)]);
  const wasAsked = (rule: RuleName): boolean => {
    if (Object.hasOwn(squawkRules, rule)) return 'hits' in squawk;
    if (rule.startsWith('dry-run-')) return dryRun !== undefined;
    return facts !== undefined || !factRules.includes(rule);
  };
  return {
    files: files.map(({ file }) => file),
    statements: files.reduce((sum, { statements, errors }) => sum + statements.length + errors.length, 0),
    findings: files.flatMap((file) =>
      suppress(file, hits.get(file) ?? [], wasAsked)
        .toSorted((a, b) => a.at - b.at)
        .map((hit) => findingOf(hit, facts)),
    ),
    layers: [rulesLayer(postgres, facts), squawkLayer(squawk), ...layers],
    observed: dryRun?.observed ?? [],
  };
}

/** Found with a database alone. */
const factRules: readonly RuleName[] = [
  'column-still-used',
  'published-table',
  'subscribed-table',
  'fill-fires-trigger',
  'prepared-select-star',
];

/** A rewrite that a rule has foretold is no news. */
function newsOf(run: DryRun | undefined, own: readonly LocatedHit[]): readonly LocatedHit[] {
  const foretold = own.filter(({ rule }) => rule === 'truncate' || lintRules[rule].work === 'rewrites the table');
  return (run?.hits ?? []).filter(
    ({ file, at, rule }) => rule !== 'dry-run-rewrite' || !foretold.some((hit) => hit.file === file && hit.at === at),
  );
}

function byFile(hits: readonly LocatedHit[]): ReadonlyMap<LintFile, readonly LocatedHit[]> {
  const groups = new Map<LintFile, LocatedHit[]>();
  for (const hit of hits) {
    const group = groups.get(hit.file);
    if (group === undefined) groups.set(hit.file, [hit]);
    else group.push(hit);
  }
  return groups;
}

function findingOf(
  { file, at, text, rule, what, tables = [] }: LocatedHit,
  facts: DatabaseFacts | undefined,
): LintFinding {
  const { severity, breaks, recipe, blocks } = lintRules[rule];
  const [first] = tables;
  const known = first === undefined ? undefined : facts?.tables.get(first);
  const replicas = facts?.replicas ?? 0;
  const waits = [describeWaits(lintRules[rule], tables, known === undefined ? [] : [known])];
  if (blocks === 'everybody' && replicas > 0) {
    waits.push(`${replicas} standby replays it, too: a long query there holds up all that comes after`);
  }
  return {
    file: file.file,
    ...file.places.of(at),
    statement: excerpt(text, statementLength),
    rule,
    severity,
    what,
    breaks,
    waits: waits.join('; '),
    recipe,
  };
}

function rulesLayer(postgres: number, facts: DatabaseFacts | undefined): LintLayer {
  const whose = facts === undefined ? '' : ', as the database is';
  return { name: 'rules', ran: true, detail: `for Postgres ${postgres}${whose}` };
}

function squawkLayer(squawk: SquawkAnswer): LintLayer {
  if ('unavailable' in squawk) return { name: 'squawk', ran: false, detail: squawk.unavailable };
  const unread = squawk.unread.map(({ file }) => file);
  const rest = unread.length === 0 ? '' : `, except ${unread.join(', ')}, which it cannot read`;
  return { name: 'squawk', ran: true, detail: `every file${rest}` };
}
