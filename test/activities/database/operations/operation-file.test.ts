import { expect, it } from 'vitest';
import { describeProblem, readOperationFiles } from '../../../../activities/database/operations/operation-file.js';
import { fitName, literal, quoted } from '../../../../activities/database/operations/names.js';
import {
  columnsRead,
  inPhysicalNames,
  isSameForAllRows,
} from '../../../../activities/database/operations/expression.js';

const addEmail = `operations:
  - add_column:
      table: customers
      up: lower(name)
      column:
        name: email
        type: text
        nullable: true
`;

it('reads YAML and JSON alike, in the order of the numbers in the names', () => {
  const json = JSON.stringify({
    operations: [{ create_table: { name: 't', columns: [{ name: 'id', type: 'int', pk: true }] } }],
  });
  const { migrations, problems } = readOperationFiles([
    { name: '10_email.yml', text: addEmail },
    { name: '9_table.json', text: json },
    { name: '1_named.yaml', text: `name: 1_named\nversion_schema: v1\n${addEmail}` },
  ]);
  expect(problems).toEqual([]);
  expect(migrations.map(({ name, version, file }) => [name, version, file])).toEqual([
    ['1_named', 'v1', '1_named.yaml'],
    ['9_table', '9_table', '9_table.json'],
    ['10_email', '10_email', '10_email.yml'],
  ]);
  const [operation] = migrations[2]?.operations ?? [];
  expect(operation?.kind.name).toBe('add_column');
  expect(operation?.body).toEqual({
    table: 'customers',
    up: 'lower(name)',
    column: { name: 'email', type: 'text', nullable: true },
  });
  expect(operation?.placeOf(['column', 'type'])).toBe('10_email.yml:7:15');
});

it('hashes what stands there, not how its lines end', () => {
  const hashOf = (text: string) => readOperationFiles([{ name: '1.yaml', text }]).migrations[0]?.hash;
  expect(hashOf(addEmail.replaceAll('\n', '\r\n'))).toBe(hashOf(addEmail));
  expect(hashOf(addEmail.replace('text', 'varchar'))).not.toBe(hashOf(addEmail));
});

it('names everything that is wrong, with file, line and column', () => {
  const { migrations, problems } = readOperationFiles([
    {
      name: '1.yaml',
      text: `operation: []
operations:
  - add_colum: { table: t }
  - add_column:
      tabel: customers
      column: { name: email, type: 5, nullable: maybe, refernces: {} }
  - create_table: { name: t }
    add_column: {}
  - just a text
`,
    },
    { name: '2.json', text: '{"operations": []}' },
    { name: '3.yaml', text: `${addEmail}name: 7` },
    { name: '3_other.yaml', text: `${addEmail}name: another` },
    { name: '4.yaml', text: 'operations: [}' },
    { name: '5.yaml', text: addEmail },
    { name: '5.json', text: JSON.stringify({ operations: [{ create_table: { name: 't', columns: [] } }] }) },
  ]);
  expect(migrations.map(({ file }) => file)).toEqual(['5.json', '5.yaml']);
  expect(problems.map(describeProblem)).toEqual([
    '1.yaml:1:1: unknown key "operation"; known here: operations, name, version_schema',
    '1.yaml:3:5: unknown operation "add_colum"; did you mean "add_column"?',
    '1.yaml:4:5: expected the name of the table, found nothing',
    '1.yaml:5:7: unknown key "tabel"; known here: table, column, up',
    '1.yaml:6:36: expected a type, such as text or numeric(10,2), found the number 5',
    '1.yaml:6:49: expected true or false: whether it may be null, found "maybe"',
    '1.yaml:6:56: unknown key "refernces"; did you mean "references"?',
    '1.yaml:7:5: expected one operation, such as add_column with what it is about below it, found also "add_column"',
    '1.yaml:9:5: expected one operation, such as add_column with what it is about below it, found "just a text"',
    '2.json:1:2: expected a list of operations under the key operations, found a list of 0',
    '3.yaml:9:7: expected a name as a string, found the number 7',
    '3_other.yaml:9:7: expected the name of the file, "3_other", or none, found "another"',
    expect.stringMatching(/^4\.yaml:1:1\d: /),
    '5.yaml:1:1: expected a name "5" of its own, found the same in 5.json',
  ]);
});

it('makes names that fit, stay different, and hold what people put into them', () => {
  const long = 'ä'.repeat(40);
  expect(Buffer.byteLength(fitName(long))).toBeLessThanOrEqual(63);
  expect(fitName(`${long}a`)).not.toBe(fitName(`${long}b`));
  expect(fitName('x'.repeat(63))).toBe('x'.repeat(63));
  expect([quoted('Or"der'), literal(`it's`), literal('a\\b')]).toEqual(['"Or""der"', `'it''s'`, `E'a\\\\b'`]);
});

it('finds the columns in an expression, and gives them the names they have in the database', () => {
  const columns = [
    { name: 'name', physical: '_new_name' },
    { name: 'Age', physical: 'Age' },
    { name: 'note', physical: 'note' },
  ];
  const scope = { table: 'people', columns };
  const text = `case when "Age" > 3 then upper(name) else 'note' end`;
  expect(columnsRead(text, scope).map(({ name }) => name)).toEqual(['name', 'Age']);
  expect(columnsRead('to_jsonb(people)', scope)).toEqual(columns);
  expect(inPhysicalNames(text, scope)).toBe(`case when "Age" > 3 then upper("_new_name") else 'note' end`);
});

it('tells a default that is the same for all rows from one that is not', () => {
  const same = [
    '0',
    '-1.5',
    `'open'`,
    `'a''b'`,
    `'{}'::jsonb`,
    'true',
    'NULL',
    'now()',
    'CURRENT_TIMESTAMP',
    `'x'::character varying(20)`,
  ];
  const other = ['gen_random_uuid()', 'clock_timestamp()', `nextval('s')`, 'random() * 5', `'a' || 'b'`, 'f(1)'];
  expect(same.filter((text) => !isSameForAllRows(text))).toEqual([]);
  expect(other.filter(isSameForAllRows)).toEqual([]);
});
