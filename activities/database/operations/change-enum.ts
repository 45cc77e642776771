import type { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { listOf, mapping, name, text } from './body-schema.js';
import type { Catalogue, Column, EnumType, Table } from './catalogue.js';
import { missingEnum } from './checks.js';
import { planSuccession, type Succession, successorOf } from './column-successor.js';
import { labelMaps, labelOfDefault, labelsAfter, mapSql, refuseLabels } from './enum-labels.js';
import { refuseMentions, trialOfEnumTies } from './enum-ties.js';
import { literal, qualified, quoted } from './names.js';
import type { OperationKind, OperationPlan, Situation } from './operation.js';
import { refuseSuccession } from './succession-checks.js';

const label = (what: string) => text(what).min(1, expected(what));

const schema = mapping(
  {
    name: name('the name of the type'),
    add: listOf(
      mapping(
        {
          value: label('the new value'),
          before: label('a value of the type').optional(),
          after: label('a value of the type').optional(),
          becomes: label('the value that the old version sees instead').optional(),
        },
        'value',
      ),
      'a list of values, each as "- value: name"',
    ).optional(),
    rename: listOf(
      mapping({ from: label('the value as it is'), to: label('the value as it is to be') }, 'from and to'),
      'a list of values, each with from and to',
    ).optional(),
    remove: listOf(
      mapping(
        { value: label('the value to remove'), becomes: label('the value that rows with it get') },
        'value and becomes',
      ),
      'a list of values, each with value and becomes',
    ).optional(),
  },
  'name, and add, rename or remove',
);
type Body = z.output<typeof schema>;
export type EnumChange = Body;

export const changeEnum: OperationKind<Body> = {
  name: 'change_enum',
  manual: {
    purpose:
      'Adds, renames and removes values of an enum type.\n\nValues that are only added, without `becomes`, are added to the type, and both versions have them at once: the old one reads them in the rows of the new one. Anything else makes a type of its own for the new version, and a column of that type for each column of the old one, as alter_column does: the old version never sees a value it does not know.',
    expand: {
      does: 'adds the values; or makes the type and the columns, and triggers that keep them the same',
      locks: 'with a new type each table with such a column, for a moment, one after the other',
    },
    backfill: {
      does: "with a new type fills the rows, then builds the columns' indexes and constraints anew",
      locks: 'each such table, for a moment, where a unique index becomes a constraint',
    },
    contract: {
      does: 'with a new type drops the old columns and the old type and gives their names to the new ones',
      locks: 'each such table, for a moment',
    },
    rollback: {
      does: 'drops the new columns and the new type. Values that were only added stay, and so do the rows that have them: Postgres removes none',
      locks: 'each such table, for a moment',
    },
    loses: "which of the new version's values stood where `becomes` put another",
  },
  schema,
  check(body, situation) {
    const type = findEnum(situation.catalogue, body.name);
    if (type === undefined) return [missingEnum(situation.catalogue, body.name, ['name'])];
    const problems = refuseLabels(body, type.labels);
    if (problems.length > 0 || isAddedAlone(body)) return problems;
    return usersOf(situation.catalogue, type).flatMap(({ table, columns }) => [
      ...refuseMentions({ table, columns }, type),
      ...columns.flatMap((column) => refuseSuccession({ table, name: column.name, path: ['name'] }, situation)),
    ]);
  },
  plan(body, situation) {
    const type = findEnum(situation.catalogue, body.name);
    if (type === undefined) throw new Error(`a plan was made for the enum type ${body.name}, which is not there`);
    return isAddedAlone(body) ? addValues(body, type, situation) : replaceType(body, type, situation);
  },
};

function findEnum({ enums = [] }: Catalogue, named: string): EnumType | undefined {
  return enums.find((each) => each.name === named);
}

function isAddedAlone({ add = [], rename = [], remove = [] }: Body): boolean {
  return rename.length + remove.length === 0 && add.every(({ becomes }) => becomes === undefined);
}

function addValues(body: Body, type: EnumType, { catalogue }: Situation): OperationPlan {
  const statements = (body.add ?? []).map(({ value, before, after }) => {
    const [where, other] = before === undefined ? ['after', after] : ['before', before];
    const place = other === undefined ? '' : ` ${where} ${literal(other)}`;
    return `alter type ${qualified(catalogue.schema, type.name)} add value if not exists ${literal(value)}${place}`;
  });
  return {
    after: withEnum(catalogue, { ...type, labels: labelsAfter(body, type.labels) }),
    verdict: {
      goingBack: 'irreversible',
      loses: `nothing, and leaves the values in ${type.name} and in the rows that the new version wrote`,
    },
    expand: [{ do: 'cut', statements }],
  };
}

function replaceType(body: Body, type: EnumType, situation: Situation): OperationPlan {
  const { schema, ...catalogue } = situation.catalogue;
  const fresh = situation.names.standIn(type.name);
  const place = qualified(schema, fresh);
  const labels = labelsAfter(body, type.labels);
  let after: Catalogue = { schema, ...catalogue };
  const plans = usersOf(after, type).map(({ table, columns }) => {
    const plan = planSuccession(
      successionOf({ table, columns, body, place, situation: { ...situation, catalogue: after } }),
    );
    if (plan.after !== 'read-again') after = plan.after;
    return plan;
  });
  const all = <T>(pick: (plan: (typeof plans)[number]) => readonly T[] | undefined): readonly T[] =>
    plans.flatMap((plan) => pick(plan) ?? []);
  const old = qualified(schema, type.name);
  return {
    after: withEnum(after, { name: type.name, type: place, labels }),
    verdict: { goingBack: 'shim', loses: `which of the new values of ${type.name} stood where becomes put another` },
    trials: [trialOfEnumTies(situation.catalogue, type, usersOf(situation.catalogue, type))],
    expand: [
      { do: 'cut', statements: [`create type ${place} as enum (${labels.map(literal).join(', ')})`] },
      ...all(({ expand }) => expand),
    ],
    syncs: all(({ syncs }) => syncs),
    settle: all(({ settle }) => settle),
    contract: {
      prepare: all(({ contract }) => contract?.prepare),
      cut: [
        ...all(({ contract }) => contract?.cut),
        { do: 'cut', statements: [`drop type ${old}`, `alter type ${place} rename to ${quoted(type.name)}`] },
      ],
    },
    rollback: [...all(({ rollback }) => rollback), { do: 'cut', statements: [`drop type if exists ${place}`] }],
  };
}

interface EnumUser {
  readonly table: Table;
  readonly columns: readonly Column[];
}

function usersOf({ tables }: Catalogue, { type }: EnumType): readonly EnumUser[] {
  return tables
    .map((table) => ({ table, columns: table.columns.filter((column) => column.type === type) }))
    .filter(({ columns }) => columns.length > 0);
}

function successionOf({
  table,
  columns,
  body,
  place,
  situation,
}: EnumUser & { readonly body: Body; readonly place: string; readonly situation: Situation }): Succession {
  const { up, down } = labelMaps(body);
  return {
    table,
    situation,
    successors: columns.map((before) => {
      const value = `${quoted(before.name)}::text`;
      const { default: old, ...kept } = before;
      const stated = old === undefined ? undefined : labelOfDefault(old);
      // One that is computed does not name the old type.
      const moved = stated === undefined ? old && `cast((${old})::text as ${place})` : labelSql(stated, up, place);
      return {
        before,
        after: successorOf({ ...kept, ...(moved === undefined ? {} : { default: moved }), type: place }, situation),
        up: { expression: mapSql(up, value), path: ['name'] },
        down: { expression: mapSql(down, value), path: ['name'] },
      };
    }),
  };
}

function labelSql(label: string, labels: ReadonlyMap<string, string>, place: string): string {
  return `${literal(labels.get(label) ?? label)}::${place}`;
}

function withEnum(catalogue: Catalogue, type: EnumType): Catalogue {
  return { ...catalogue, enums: (catalogue.enums ?? []).map((each) => (each.name === type.name ? type : each)) };
}
