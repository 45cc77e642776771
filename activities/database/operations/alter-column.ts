import { z } from 'zod';
import { flag, mapping, name, sql, text } from './body-schema.js';
import { changeColumn, changeTable, type Column, findColumn, placeOfTable, type Table } from './catalogue.js';
import { columnIn, missingColumn, requireTable, tableOf } from './checks.js';
import { checkSchema, referenceSchema } from './column-schema.js';
import { planSuccession, successorOf } from './column-successor.js';
import { asTableReference } from './constraint-sql.js';
import { trialOf } from './expression.js';
import { literal, quoted } from './names.js';
import { addConstraintSql, checkConstraint, type NewConstraint, statedConstraint } from './new-constraint.js';
import type { OperationKind, OperationPlan, OperationProblem, Situation, Trial } from './operation.js';
import { cutOf } from './phased-constraint.js';
import { refuseSuccession } from './succession-checks.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column'),
    up: sql('an SQL expression for what the old version writes').optional(),
    down: sql('an SQL expression for what the new version writes').optional(),
    type: sql('a type, such as text or numeric(10,2)').optional(),
    nullable: flag('whether it may be null').optional(),
    default: z.nullable(sql('an SQL expression as a string, such as "0" or "now()", or null for none')).optional(),
    comment: z.nullable(text('a text, or null for none')).optional(),
    unique: mapping({ name: name('the name of the constraint') }, 'name').optional(),
    check: checkSchema.optional(),
    references: referenceSchema.optional(),
  },
  'table, column and what is to change',
);
type Body = z.output<typeof schema>;

export const alterColumn: OperationKind<Body> = {
  name: 'alter_column',
  manual: {
    purpose:
      "Changes a column: its type, whether it may be null, its default and comment, a check, a foreign key, that it is unique, or several of these at once.\n\nA default and a comment are the new version's alone until contract, and that is all. For anything else a second column takes the place of the first: the old version has the one, the new version the other, a trigger keeps them the same by `up` and `down`, which are the column itself where they are left out. The indexes and constraints of the column are made anew for the second one.",
    expand: {
      does: 'adds the second column, its constraints not yet proven, and the trigger; a default or a comment alone: nothing',
      locks: 'the table, for a moment; with a foreign key also the table it refers to, against writes',
    },
    backfill: {
      does: 'fills the rows, builds the indexes and proves the constraints. As soon as an index is there that makes it unique, the old version cannot write a value of which `up` makes one that is there already',
      locks: 'the table, for a moment, when such an index becomes its constraint',
    },
    contract: {
      does: 'makes it `NOT NULL`, drops the first column and gives its name, and those of its indexes and constraints, to the second',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    rollback: {
      does: 'drops the second column',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    loses: 'what `down` does not tell of what the new version wrote; with a default or a comment alone nothing',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const column = findColumn(table, body.column);
      if (column === undefined) return [missingColumn(table, body.column, ['column'])];
      return [
        ...refuseNothing(body),
        ...refuseGeneratedDefault(body, column),
        ...(needsSuccessor(body, column)
          ? refuseSuccession({ table, name: body.column, path: ['column'] }, situation)
          : []),
        ...(table.isNew === true ? [] : refuseUntold(body, column)),
        ...constraintsOf(body).flatMap(({ constraint, at }) =>
          checkConstraint(
            constraint,
            { ...situation, table },
            { name: [at, 'name'], columns: ['column'], reference: [at] },
          ),
        ),
      ];
    }),
  plan(body, situation) {
    const table = tableOf(situation.catalogue, body.table);
    const column = columnIn(table, body.column);
    if (table.isNew === true) return changeNew(body, table, situation);
    if (!needsSuccessor(body, column)) return changeView(body, table, situation);
    const self = quoted(column.name);
    const stated = (key: 'up' | 'down', path: OperationProblem['path']) => ({
      expression: body[key] ?? self,
      path: body[key] === undefined ? path : [key],
    });
    const after = successorOf(changed(column, body), situation);
    const path = body.type === undefined ? ['column'] : ['type'];
    const { trials = [], ...plan } = planSuccession({
      table,
      situation,
      successors: [{ before: column, after, up: stated('up', path), down: stated('down', path) }],
      added: constraintsOf(body).map(({ constraint }) => constraint),
    });
    return {
      ...plan,
      trials: [...typeTrials(body, after), ...trials],
      verdict: {
        goingBack: 'shim',
        loses: `what down does not tell of ${table.name}.${column.name} that the new version wrote`,
      },
    };
  },
};

/** A default and a comment are told by the views. */
function needsSuccessor({ type, nullable, unique, check, references }: Body, column: Column): boolean {
  const isOther = nullable !== undefined && nullable !== column.nullable;
  return isOther || [type, unique, check, references].some((change) => change !== undefined);
}

function changed(column: Column, body: Body): Column {
  const { default: oldDefault, comment: oldComment, ...kept } = column;
  const { type = column.type, nullable = column.nullable } = body;
  // The old type's default, as one of the new type.
  const carried = body.type === undefined || oldDefault === undefined ? oldDefault : `cast((${oldDefault}) as ${type})`;
  const value = body.default === undefined ? carried : body.default;
  const comment = body.comment === undefined ? oldComment : body.comment;
  return {
    ...kept,
    type,
    nullable,
    ...(value === undefined || value === null ? {} : { default: value }),
    ...(comment === undefined || comment === null ? {} : { comment }),
  };
}

function constraintsOf(body: Body) {
  const { column, unique, check, references } = body;
  const stated: { readonly at: string; readonly constraint: NewConstraint }[] = [];
  if (unique !== undefined) {
    stated.push({ at: 'unique', constraint: { kind: 'unique', name: unique.name, columns: [column] } });
  }
  if (check !== undefined) {
    const { name, constraint: condition, no_inherit: noInherit } = check;
    stated.push({ at: 'check', constraint: { kind: 'check', name, condition, noInherit } });
  }
  if (references !== undefined) {
    const reference = asTableReference(references);
    stated.push({
      at: 'references',
      constraint: { kind: 'foreign key', name: references.name, columns: [column], reference },
    });
  }
  return stated;
}

/** One column for both versions; what differs is in their views. */
function changeView(body: Body, table: Table, { catalogue }: Situation): OperationPlan {
  const column = columnIn(table, body.column);
  const after: Column = { ...changed(column, body), inViewOnly: true };
  return {
    after: changeTable(catalogue, table.name, (before) => changeColumn(before, column.name, () => after)),
    verdict: { goingBack: 'safe', loses: 'nothing' },
    trials: typeTrials(body, after),
    contract: { cut: cutOf(table.physical, wordsOf(body, placeOfTable(catalogue, table), column)) },
  };
}

/** Nobody has seen it yet: it is changed as it is. */
function changeNew(body: Body, table: Table, { catalogue }: Situation): OperationPlan {
  const column = columnIn(table, body.column);
  const after = changed(column, body);
  const place = placeOfTable(catalogue, table);
  const alter = (change: string) => `alter table ${place} alter column ${quoted(column.physical)} ${change}`;
  const constraints = constraintsOf(body).map(({ constraint }) => constraint);
  const isTyped = body.type !== undefined;
  // It has no rows to convert, and its default is set anew.
  const retype = isTyped ? [alter('drop default'), alter(`type ${after.type} using null::${after.type}`)] : [];
  const redefault = isTyped && after.default !== undefined ? [alter(`set default ${after.default}`)] : [];
  return {
    after: changeTable(catalogue, table.name, (before) => ({
      ...changeColumn(before, column.name, () => after),
      constraints: [...before.constraints, ...constraints.map((each) => statedConstraint(each, before, catalogue))],
    })),
    verdict: { goingBack: 'safe', loses: 'nothing' },
    trials: typeTrials(body, after),
    expand: cutOf(table.physical, [
      ...retype,
      ...redefault,
      ...(body.nullable === undefined ? [] : [alter(body.nullable ? 'drop not null' : 'set not null')]),
      ...wordsOf(body, place, column),
      ...constraints.map((constraint) => addConstraintSql(constraint, table, catalogue)),
    ]),
  };
}

/** The default and the comment of the table itself. */
function wordsOf({ default: value, comment }: Body, place: string, { physical }: Column): readonly string[] {
  const column = quoted(physical);
  return [
    ...(value === undefined
      ? []
      : [`alter table ${place} alter column ${column} ${value === null ? 'drop default' : `set default ${value}`}`]),
    ...(comment === undefined
      ? []
      : [`comment on column ${place}.${column} is ${comment === null ? 'null' : literal(comment)}`]),
  ];
}

function typeTrials(body: Body, after: Column): readonly Trial[] {
  const isTried = after.default !== undefined && (body.type !== undefined || typeof body.default === 'string');
  return [
    ...(body.type === undefined ? [] : [{ path: ['type'], sql: `select cast(null as ${body.type})` }]),
    ...(isTried
      ? [
          {
            path: [body.default === undefined ? 'type' : 'default'],
            sql: trialOf(after.default ?? '', { type: after.type }),
          },
        ]
      : []),
  ];
}

function refuseNothing(body: Body): readonly OperationProblem[] {
  const changes = ['type', 'nullable', 'default', 'comment', 'unique', 'check', 'references'] as const;
  if (changes.some((key) => body[key] !== undefined)) return [];
  return [{ path: [], message: `expected something to change, found nothing; it may be one of ${changes.join(', ')}` }];
}

function refuseGeneratedDefault(body: Body, column: Column): readonly OperationProblem[] {
  if (body.default === undefined || column.generated === undefined) return [];
  const message = `expected a column that clients write, found ${column.name}, whose values the server gives (${column.generated})`;
  return [{ path: ['default'], message }];
}

/** What stands in for null, on the side that has none. */
function refuseUntold({ nullable, up, down }: Body, column: Column): readonly OperationProblem[] {
  if (nullable === undefined || nullable === column.nullable) return [];
  if (!nullable && up === undefined) {
    const message = `expected up, which tells what null becomes, found none: the old version writes null into ${column.name}`;
    return [{ path: ['nullable'], message }];
  }
  if (nullable && down === undefined) {
    const message = `expected down, which tells what null becomes, found none: the old version knows no null in ${column.name}`;
    return [{ path: ['nullable'], message }];
  }
  return [];
}
