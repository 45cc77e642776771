import { loadModule, type Node } from 'libpg-query';
import { alterations, nameOfParts } from '../lint/tree.js';
import type { MigrationScript } from '../migration-script.js';
import type { MigrationPlan, PlannedStep } from '../operations/migration-plan.js';
import { qualified } from '../operations/names.js';
import { parseStatements } from '../parse-statements.js';

/** What only the old version has, and contract is about to take away. */
export interface WhatGoes {
  readonly columns: readonly Gone[];
  readonly tables: readonly Gone[];
  /** The old version's views, dropped by contract itself. */
  readonly versionSchemas: readonly string[];
  /** What the author has contract run: whatever it names, it deals with. */
  readonly ownSql: string;
}

export interface Gone {
  /** Qualified and quoted where it must be, as SQL names it. */
  readonly table: string;
  /** Without schema and quotes. */
  readonly tableName: string;
  readonly column?: string;
  /** The column's name in the table today, where `column` is what the old version calls it. */
  readonly physical?: string;
  /** It is dropped; otherwise it gets another name, and what depends on it by more than its name follows. */
  readonly dropped: boolean;
}

/** By what the plan says of both versions. A column that only gets another form keeps its name, and nothing tells who means which. */
export function goesByPlan(
  { before, after, contract, verdicts }: MigrationPlan,
  versionSchemas: readonly string[],
): WhatGoes {
  const hasSql = verdicts.some(({ operation }) => operation === 'sql');
  const ownSql = hasSql ? contract.flatMap(sqlOf).join('\n') : '';
  if (after === 'read-again') return { columns: [], tables: [], versionSchemas, ownSql };
  const tables: Gone[] = [];
  const columns: Gone[] = [];
  for (const old of before.tables) {
    const table = qualified(before.schema, old.physical);
    const place = { table, tableName: old.name };
    const now = after.tables.find(({ physical }) => physical === old.physical);
    if (now === undefined || now.name !== old.name) tables.push({ ...place, dropped: now === undefined });
    if (now === undefined) continue;
    for (const { name, physical } of old.columns) {
      const stays = now.columns.some((column) => column.physical === physical);
      const keepsName = now.columns.some((column) => column.name === name);
      if (!stays || !keepsName)
        columns.push({ ...place, column: keepsName ? physical : name, physical, dropped: !stays });
    }
  }
  return { columns, tables, versionSchemas, ownSql };
}

export function joinGone(all: readonly WhatGoes[]): WhatGoes {
  return {
    columns: all.flatMap(({ columns }) => columns),
    tables: all.flatMap(({ tables }) => tables),
    ownSql: all.map(({ ownSql }) => ownSql).join('\n'),
    versionSchemas: [...new Set(all.flatMap(({ versionSchemas }) => versionSchemas))],
  };
}

function sqlOf(step: PlannedStep): readonly string[] {
  return step.do === 'cut' ? step.statements.map(({ sql }) => sql) : [];
}

/** By the statements of contract/. What cannot be read is left out: the server refuses it anyway. */
export async function goesByScripts(scripts: readonly MigrationScript[]): Promise<WhatGoes> {
  await loadModule();
  const gone = scripts
    .flatMap(({ sql }) => parseStatements(sql))
    .flatMap((node) => (node === undefined ? [] : goesByStatement(node)));
  return {
    columns: gone.filter(({ column }) => column !== undefined),
    tables: gone.filter(({ column }) => column === undefined),
    versionSchemas: [],
    ownSql: scripts.map(({ sql }) => sql).join('\n'),
  };
}

function goesByStatement(node: Node): readonly Gone[] {
  const columns = alterations(node).flatMap(({ table, command }) =>
    command.subtype === 'AT_DropColumn' && command.name !== undefined
      ? [{ ...placeOf(table), column: command.name, physical: command.name, dropped: true }]
      : [],
  );
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TABLE') return columns;
  return (node.DropStmt.objects ?? []).map((name) => ({ ...placeOf(nameOfParts(name)), dropped: true }));
}

function placeOf(table: string): Pick<Gone, 'table' | 'tableName'> {
  const parts = table.split('.');
  return { table: qualified(...parts), tableName: parts.at(-1) ?? table };
}
