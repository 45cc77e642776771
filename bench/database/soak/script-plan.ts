import type { Eyes } from './agreement.js';
import type { Value } from './form.js';
import type { RoundPlan } from './round-plan.js';
import { type SeenTable, shopTables } from './shop.js';

const whole: Readonly<Record<string, Value>> = { full_name: { is: `'F' || rev || ' L' || rev` } };
const parts: Readonly<Record<string, Value>> = {
  first_name: { is: `'F' || rev` },
  last_name: { is: `'L' || rev` },
};
const forms = [whole, parts] as const;

function peopleAs(columns: Readonly<Record<string, Value>>): readonly SeenTable[] {
  return [{ table: 'people', name: 'people', columns, loose: Object.keys(columns) }];
}

export const firstPeople = peopleAs(whole);

export function peopleSql(rows: number): string {
  return `create table people (id int primary key, rev bigint not null, touched int not null default 0, full_name text);
    insert into people select n, n, 0, 'F' || n || ' L' || n from generate_series(1, ${shopTables.people?.seeds(rows) ?? 0}) n;
    analyze`;
}

/** SQL in phase folders, as a team would write it: one column into two, and back. */
export class ScriptPlanner {
  #count = 0;
  #form: 0 | 1 = 0;

  next(): RoundPlan {
    this.#count += 1;
    const after = this.#form === 0 ? 1 : 0;
    const filled: Eyes = {
      ...{ version: 'new', schema: 'public', tables: peopleAs(forms[after]) },
      ...{ stricter: new Map(), unfilled: new Set<string>() },
    };
    const kind = this.#form === 0 ? 'SQL, split' : 'SQL, merge';
    return {
      name: `scripts_${this.#count}`,
      kinds: [kind],
      files: filesOf(this.#count, this.#form),
      after: [],
      searchPath: 'public',
      filled,
      unfilled: { ...filled, unfilled: new Set(Object.keys(forms[after]).map((column) => `people.${column}`)) },
    };
  }

  contracted(): void {
    this.#form = this.#form === 0 ? 1 : 0;
  }
}

const split = { full: `concat_ws(' ', new.first_name, new.last_name)` };
const columnsOf = ['full_name text', 'first_name text, add column last_name text'] as const;
const dropped = ['drop column full_name', 'drop column first_name, drop column last_name'] as const;

function filesOf(n: number, form: 0 | 1) {
  const other = form === 0 ? 1 : 0;
  const sync = `create function people_${n}() returns trigger language plpgsql as $sync$
begin
  if tg_op = 'INSERT' and new.full_name is null or tg_op = 'UPDATE' and new.full_name is not distinct from old.full_name then
    new.full_name := nullif(${split.full}, '');
  elsif tg_op = 'INSERT' or new.full_name is distinct from old.full_name then
    new.first_name := split_part(new.full_name, ' ', 1);
    new.last_name := split_part(new.full_name, ' ', 2);
  end if;
  return new;
end
$sync$;
create trigger people_${n} before insert or update of full_name, first_name, last_name on people
  for each row execute function people_${n}();
`;
  const fill =
    form === 0
      ? `set first_name = split_part(full_name, ' ', 1), last_name = split_part(full_name, ' ', 2)
where id > :after and id <= :upto and first_name is null`
      : `set full_name = concat_ws(' ', first_name, last_name)
where id > :after and id <= :upto and full_name is null`;
  const gone = `drop trigger people_${n} on people;\ndrop function people_${n}();\n`;
  return [
    { name: `expand/V${n}.1__change.sql`, text: `alter table people add column ${columnsOf[other]};\n${sync}` },
    { name: `expand/U${n}.1__change.sql`, text: `${gone}alter table people ${dropped[other]};\n` },
    {
      name: `backfill/V${n}.2__change.sql`,
      text: `-- sluice: table=people key=id batch=500\nupdate people ${fill};\n`,
    },
    { name: `contract/V${n}.3__change.sql`, text: `${gone}alter table people ${dropped[form]};\n` },
  ];
}
