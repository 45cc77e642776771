import type { AlterTableCmd, ColumnDef, Constraint, ConstrType, Node, RangeVar, TypeName } from 'libpg-query';

/** `orders`, `sales.orders`; the schema `public` is left out, so that both spellings are one table. */
export function nameOf(relation: RangeVar | undefined): string {
  return dotted([relation?.schemaname, relation?.relname]);
}

/** Of a list of name parts, as DROP and the like have them. */
export function nameOfParts(node: Node | undefined): string {
  return dotted(partsOf(node));
}

export function partsOf(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if ('String' in node) return [node.String.sval ?? ''];
  if ('List' in node) return (node.List.items ?? []).flatMap((item) => partsOf(item));
  if ('TypeName' in node) return (node.TypeName.names ?? []).flatMap((item) => partsOf(item));
  if ('ObjectWithArgs' in node) return (node.ObjectWithArgs.objname ?? []).flatMap((item) => partsOf(item));
  return [];
}

export function dotted(parts: readonly (string | undefined)[]): string {
  const named = parts.filter((part) => part !== undefined && part !== '');
  return (named.length > 1 && named[0] === 'public' ? named.slice(1) : named).join('.');
}

export interface Alteration {
  readonly table: string;
  readonly command: AlterTableCmd;
}

/** What ALTER TABLE does, one by one; empty for any other statement, and for ALTER VIEW and the like. */
export function alterations(node: Node): readonly Alteration[] {
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return [];
  const table = nameOf(node.AlterTableStmt.relation);
  return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) =>
    'AlterTableCmd' in cmd ? [{ table, command: cmd.AlterTableCmd }] : [],
  );
}

export function columnOf(node: Node | undefined): ColumnDef | undefined {
  return node !== undefined && 'ColumnDef' in node ? node.ColumnDef : undefined;
}

export function constraintOf(node: Node | undefined): Constraint | undefined {
  return node !== undefined && 'Constraint' in node ? node.Constraint : undefined;
}

export function constraintIn(column: ColumnDef, type: ConstrType): Constraint | undefined {
  return (column.constraints ?? []).map(constraintOf).find((constraint) => constraint?.contype === type);
}

/** `int8`, `varchar`: the grammar's own name, without `pg_catalog`. */
export function typeOf(type: TypeName | undefined): string {
  const parts = (type?.names ?? []).flatMap((part) => partsOf(part));
  return parts.filter((part) => part !== 'pg_catalog').join('.');
}

/** The numbers in `varchar(20)` and `numeric(10, 2)`. */
export function modifiersOf(type: TypeName | undefined): readonly number[] {
  return (type?.typmods ?? []).flatMap((node) => ('A_Const' in node ? [node.A_Const.ival?.ival ?? 0] : []));
}

export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => 'DefElem' in option && option.DefElem.defname === name);
}

/** Every node below, of one kind. */
export function* nodesOf<Kind extends (Node extends infer Each ? (Each extends object ? keyof Each : never) : never)>(
  tree: unknown,
  kind: Kind,
): Generator<Extract<Node, Record<Kind, unknown>>[Kind]> {
  for (const part of partsBelow(tree)) {
    if (kind in part) yield (part as Record<string, unknown>)[kind] as never;
  }
}

/** Every relation that is named anywhere in the statement. */
export function relationsIn(node: Node): ReadonlySet<string> {
  const names = new Set('DropStmt' in node ? (node.DropStmt.objects ?? []).map(nameOfParts) : []);
  for (const part of partsBelow(node)) if ('relname' in part) names.add(nameOf(part as RangeVar));
  return names;
}

/** Everything below, without recursion: a tree may be deeper than the stack. */
function* partsBelow(tree: unknown): Generator<object> {
  const open: unknown[] = [tree];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    yield part;
    for (const value of Object.values(part)) if (value !== undefined) open.push(value);
  }
}
