import { loadModule, type Node } from 'libpg-query';
import { type RollbackVerdict, worstVerdict } from '../../domain/rollback-verdict.js';
import { begunContracts, expandsOver } from './contract-begun.js';
import { findApplied, type FlywayHistory } from './flyway-history.js';
import { alterations } from './lint/tree.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import type { Migration } from './schema-engine.js';
import { parseStatements } from './parse-statements.js';

/** By what the statements of expand/ and of its undo files do. Absent when nothing of the change is open any more. */
export async function judgeScripts(migration: Migration, history: FlywayHistory): Promise<RollbackVerdict | undefined> {
  await loadModule();
  const rank = ({ version }: MigrationScript) => findApplied(history, version)?.rank ?? Infinity;
  const contracts = scriptsOf(migration.files, 'contract');
  const begun = begunContracts(migration, history);
  const over = expandsOver(migration, history);
  const open = scriptsOf(migration.files, 'expand').filter((script) => !over.includes(script.version));
  const isCut = begun.some((script) => rank(script) === Infinity);
  if (isCut || (open.length === 0 && contracts.some((script) => rank(script) === Infinity) && begun.length > 0)) {
    const [first] = begun.toReversed();
    return { verdict: 'irreversible', because: [`${first?.script ?? 'contract/'} has begun`] };
  }
  if (open.length === 0) return undefined;
  const undone = scriptsOf(migration.files, 'expand', 'undo').filter(({ version }) =>
    open.some((script) => script.version === version),
  );
  const verdict = worstVerdict(open.flatMap(judgeScript));
  const lost = undone.flatMap(lostWith);
  return lost.length === 0
    ? verdict
    : {
        ...verdict,
        because: [...verdict.because, `going back loses what the new version wrote into ${lost.join(', ')}`],
      };
}

function judgeScript({ script, sql }: MigrationScript): readonly RollbackVerdict[] {
  return parseStatements(sql).map((node): RollbackVerdict => {
    if (node === undefined) return { verdict: 'irreversible', because: [`${script} holds what cannot be read`] };
    const [kind = ''] = Object.keys(node);
    if (shims.has(kind))
      return { verdict: 'shim', because: [`${script} sets a trigger that keeps both forms of a row`] };
    const added = alterations(node);
    const adds = added.length > 0 && added.every(({ command }) => additions.has(command.subtype ?? ''));
    if (adds || harmless.has(kind)) return { verdict: 'safe', because: [] };
    return { verdict: 'irreversible', because: [`${script} changes what is there (${kind.replace(/Stmt$/, '')})`] };
  });
}

const shims = new Set(['CreateTrigStmt']);
const additions = new Set(['AT_AddColumn', 'AT_AddConstraint', 'AT_ValidateConstraint', 'AT_ColumnDefault']);
/** What makes something new, or changes nothing at all. A function is new as far as the old code is concerned. */
const harmless = new Set([
  'CreateStmt',
  'CreateTableAsStmt',
  'CreateSeqStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreateSchemaStmt',
  'CreateExtensionStmt',
  'IndexStmt',
  'ViewStmt',
  'CommentStmt',
  'GrantStmt',
  'SelectStmt',
  'VariableSetStmt',
  'LockStmt',
]);

/** `customers.first_name`, by what the undo file drops. */
function lostWith({ sql }: MigrationScript): readonly string[] {
  return parseStatements(sql).flatMap((node) => (node === undefined ? [] : dropped(node)));
}

function dropped(node: Node): readonly string[] {
  return alterations(node).flatMap(({ table, command }) =>
    command.subtype === 'AT_DropColumn' ? [`${table}.${command.name ?? ''}`] : [],
  );
}
