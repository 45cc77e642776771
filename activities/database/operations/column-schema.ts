import type { z } from 'zod';
import { flag, mapping, name, names, oneOf, sql, text } from './body-schema.js';

const referentialAction = oneOf(['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT']);
const matchType = oneOf(['SIMPLE', 'FULL']);

const timing = {
  deferrable: flag('whether its check may wait for the end of the transaction').optional(),
  initially_deferred: flag('whether its check waits for the end of the transaction').optional(),
};

export const checkSchema = mapping(
  {
    name: name('the name of the constraint'),
    constraint: sql('an SQL condition'),
    no_inherit: flag('whether it holds for this table alone').optional(),
  },
  'name and constraint',
);
export type Check = z.output<typeof checkSchema>;

export const referenceSchema = mapping(
  {
    name: name('the name of the constraint'),
    table: name('the name of the table referred to'),
    column: name('the name of the column referred to'),
    on_delete: referentialAction.optional(),
    on_update: referentialAction.optional(),
    match_type: matchType.optional(),
    ...timing,
  },
  'name, table and column',
);
export type Reference = z.output<typeof referenceSchema>;

const identitySchema = mapping(
  {
    user_specified_values: oneOf(['ALWAYS', 'BY DEFAULT']).optional(),
    sequence_options: text('options of its sequence, such as "start with 100"').optional(),
  },
  'user_specified_values',
);

export const columnSchema = mapping(
  {
    name: name('the name of the column'),
    type: sql('a type, such as text or numeric(10,2)'),
    nullable: flag('whether it may be null').optional(),
    default: sql('an SQL expression as a string, such as "0" or "now()"').optional(),
    unique: flag('whether a value may be there only once').optional(),
    pk: flag('whether it is part of the primary key').optional(),
    comment: text('a text').optional(),
    check: checkSchema.optional(),
    references: referenceSchema.optional(),
    generated: mapping(
      { expression: sql('an SQL expression').optional(), identity: identitySchema.optional() },
      'expression or identity',
    ).optional(),
  },
  'name and type',
);
export type NewColumn = z.output<typeof columnSchema>;

export const tableReferenceSchema = mapping(
  {
    table: name('the name of the table referred to'),
    columns: names('column'),
    on_delete: referentialAction.optional(),
    on_delete_set_columns: names('column').optional(),
    on_update: referentialAction.optional(),
    match_type: matchType.optional(),
  },
  'table and columns',
);
export type TableReference = z.output<typeof tableReferenceSchema>;

export const indexParametersSchema = mapping(
  {
    include_columns: names('column').optional(),
    storage_parameters: text('parameters such as "fillfactor = 70"').optional(),
    tablespace: name('the name of a tablespace').optional(),
  },
  'include_columns, storage_parameters or tablespace',
);

/** A constraint of a new table. */
export const tableConstraintSchema = mapping(
  {
    name: name('the name of the constraint'),
    type: oneOf(['unique', 'check', 'primary_key', 'foreign_key', 'exclude']),
    columns: names('column').optional(),
    check: sql('an SQL condition').optional(),
    no_inherit: flag('whether it holds for this table alone').optional(),
    nulls_not_distinct: flag('whether two nulls count as the same').optional(),
    references: tableReferenceSchema.optional(),
    index_parameters: indexParametersSchema.optional(),
    exclude: mapping(
      {
        elements: sql('what is excluded, such as "id WITH ="'),
        index_method: text('the method of its index, such as gist').optional(),
        predicate: text('an SQL condition').optional(),
      },
      'elements',
    ).optional(),
    ...timing,
  },
  'name and type',
);
export type TableConstraint = z.output<typeof tableConstraintSchema>;
