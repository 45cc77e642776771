import type { LintFinding } from '../../../domain/lint/finding.js';
import type { RuleName } from '../../../domain/lint/rules.js';
import type { Known } from '../operations/known.js';
import { excerpt, statementLength } from './excerpt.js';
import { type LintFile, readLintFile } from './lint-file.js';
import type { DatabaseFacts } from './live-facts.js';
import type { LocatedHit } from './located-hit.js';
import type { OperationPlaces } from './operation-places.js';
import type { DerivedStep } from './operation-steps.js';
import type { OperationsRun } from './operations-dry-run.js';
import { ownFindings } from './own-rules.js';
import { firesTriggers, starWords } from './checks/others.js';
import { alterations, nameOf } from './tree.js';

/** A step as the checks read it: a file of its own, because it is a transaction of its own. */
export interface ReadStep {
  readonly step: DerivedStep;
  readonly file: LintFile;
  /** The place in the files of operations of what stands there in the step's text. */
  readonly placeAt: (offset: number) => string;
}

export function readSteps(steps: readonly DerivedStep[]): Promise<readonly ReadStep[]> {
  return Promise.all(
    steps.map(async (step) => {
      const starts: number[] = [];
      let sql = '';
      for (const statement of step.statements) {
        starts.push(sql.length);
        sql += `${statement.sql};\n`;
      }
      const placeAt = (offset: number) => step.statements[starts.findLastIndex((start) => start <= offset)]?.at ?? '';
      return { step, file: await readLintFile({ file: '', phase: step.phase, sql }), placeAt };
    }),
  );
}

export interface StepOrder {
  readonly places: OperationPlaces;
  readonly read: readonly ReadStep[];
  readonly facts: DatabaseFacts;
  readonly known: Known;
  readonly squawk: readonly LocatedHit[];
  readonly run?: OperationsRun;
}

/** What the rules say of the statements, what breaks on the tables themselves, and what the dry run has seen. */
export function stepFindings(order: StepOrder): readonly LintFinding[] {
  return [
    ...ruleFindings(order),
    ...squawkFindings(order),
    ...preparedFindings(order),
    ...fillFindings(order),
    ...runFindings(order),
  ];
}

/** The engine's own statements are of the kind that the rules ask for, or are run the way they ask for. */
const ofDerived: readonly RuleName[] = [
  'published-table',
  'subscribed-table',
  'column-still-used',
  'add-column-rewrite',
  'drop-cascade',
];

function ruleFindings({ places, read, facts, known }: StepOrder): readonly LintFinding[] {
  const written = placesOfSql(known);
  const steps = read.filter(({ step }) => !step.fills);
  return [
    ...ownFindings(
      steps.map(({ file }) => file),
      { postgres: facts.version, facts },
    ),
  ].flatMap((hit) => {
    const at = steps.find(({ file }) => file === hit.file)?.placeAt(hit.at) ?? '';
    if (!written.has(at) && !ofDerived.includes(hit.rule)) return [];
    const { rule, what, tables = [], text } = hit;
    const sizes = tables.flatMap((table) => facts.tables.get(table) ?? []);
    return [places.finding(rule, { ...places.of(at), what, tables, sizes, statement: excerpt(text, statementLength) })];
  });
}

/** Where the author's own SQL stands. */
function placesOfSql({ set }: Known): ReadonlySet<string> {
  const sql = set.migrations.flatMap(({ operations }) => operations.filter(({ kind }) => kind.name === 'sql'));
  return new Set(sql.map(({ placeOf }) => placeOf([])));
}

/** What the phases do not answer: types that the author chose. What the engine copies has the type it had. */
const ofAuthor: readonly RuleName[] = ['ban-char-field', 'prefer-identity', 'prefer-timestamptz'];

/** Each once: a column may be made in one step and filled in another. */
function squawkFindings({ places, read, known, squawk }: StepOrder): readonly LintFinding[] {
  const written = placesOfSql(known);
  const operations = known.set.migrations.flatMap((migration) => migration.operations);
  const found = new Map<string, LintFinding>();
  for (const { file, at: offset, rule, what, text } of squawk) {
    const at = read.find((each) => each.file === file)?.placeAt(offset) ?? '';
    const body = JSON.stringify(operations.find(({ placeOf }) => placeOf([]) === at)?.body ?? '');
    const isStated = ofAuthor.includes(rule) && body.includes(what.replace(/^has /, ''));
    if (!written.has(at) && !isStated) continue;
    const statement = excerpt(text, statementLength);
    found.set(`${at} ${rule} ${what}`, places.finding(rule, { ...places.of(at), what, statement }));
  }
  return [...found.values()];
}

/** Once a table and file: the view of a version keeps its columns, the table does not. */
function preparedFindings({ places, read, facts }: StepOrder): readonly LintFinding[] {
  const found = new Map<string, LintFinding>();
  for (const { file, placeAt } of read.filter(({ step }) => step.phase === 'expand')) {
    for (const { node, at } of file.statements) {
      const table = alterations(node).find(({ command }) => command.subtype === 'AT_AddColumn')?.table;
      if (table === undefined || !facts.tables.has(table)) continue;
      const place = places.of(placeAt(at));
      const key = `${place.file}\n${table}`;
      if (found.has(key)) continue;
      const what = `adds columns to ${table} itself${starWords(facts.tables.get(table)?.starReaders ?? [])}`;
      found.set(key, places.finding('prepared-select-star', { ...place, what }));
    }
  }
  return [...found.values()];
}

function fillFindings({ places, read, facts }: StepOrder): readonly LintFinding[] {
  return read
    .filter(({ step }) => step.fills)
    .flatMap(({ file, placeAt }) =>
      file.statements.flatMap(({ node, at }) => {
        const hits = 'UpdateStmt' in node ? [...firesTriggers(facts, nameOf(node.UpdateStmt.relation))] : [];
        return hits.map(({ rule, what }) => places.finding(rule, { ...places.of(placeAt(at)), what }));
      }),
    );
}

function runFindings({ places, facts, run }: StepOrder): readonly LintFinding[] {
  if (run === undefined) return [];
  const rewrites = run.observed.flatMap(({ at, statement, rewritten }) => {
    const tables = rewritten.filter((table) => facts.tables.has(table));
    if (tables.length === 0) return [];
    const sizes = tables.flatMap((table) => facts.tables.get(table) ?? []);
    const what = `writes ${tables.join(', ')} anew on the copy`;
    return [places.finding('dry-run-rewrite', { ...places.of(at), what, statement, tables, sizes })];
  });
  const { failure } = run;
  if (failure === undefined) return rewrites;
  const statement = excerpt(failure.sql, statementLength);
  const what = `fails in ${failure.phase}: ${failure.message}`;
  return [...rewrites, places.finding('dry-run-failed', { ...places.of(failure.at), what, statement })];
}
