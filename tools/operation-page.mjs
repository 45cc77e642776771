// The reference page of an operation: what it takes, from its schema; what it does, from its manual.
import { z } from 'zod';

/** @param kind one of `kinds` of activities/database/operations/kinds.ts */
export function operationPage({ name, manual, schema }) {
  const tree = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  const phases = ['expand', 'backfill', 'contract', 'rollback'].map((phase) => {
    const { does = 'nothing', locks = 'nothing' } = manual[phase] ?? {};
    return [phase, does, locks];
  });
  return [
    `# \`${name}\``,
    'Generated from the code by `node tools/docs.mjs`. How to go about it: ' +
      '[change a schema with operations](../../how-to/change-a-schema-with-operations.md).',
    manual.purpose,
    '## What it takes',
    table(['field', 'type', '', 'meaning'], [...fieldsOf(tree, '')]),
    '## What it does, and what it locks',
    table(['phase', 'does', 'locks'], phases),
    'A lock is tried for as long as the lock timeout, and again after a pause. “For a moment”: no row is looked at under it.',
    `**Going back before contract loses:** ${manual.loses}.`,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** @param kinds all of them */
export function operationsIndex(kinds) {
  const sorted = kinds.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const rows = sorted.map(({ name, manual }) => [
    `[\`${name}\`](operations/${name}.md)`,
    /^[^]*?\.(?=\s|$)/.exec(manual.purpose)[0],
    manual.loses,
  ]);
  return [
    '# Operations',
    'Generated from the code by `node tools/docs.mjs`. How to go about it: ' +
      '[change a schema with operations](../how-to/change-a-schema-with-operations.md).',
    table(['operation', 'what for', 'going back before contract loses'], rows),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** Those of mappings inside as `column.type`, those of lists as `columns[].type`. */
function* fieldsOf({ properties = {}, required = [] }, path) {
  for (const [key, field] of Object.entries(properties)) {
    const at = `${path}${key}`;
    const { type, inside, values } = shapeOf(field);
    const description = field.description ?? inside?.description ?? describe(field) ?? missing(at);
    const meaning = values === undefined ? description : values.map((value) => `\`${value}\``).join(', ');
    yield [`\`${at}\``, type, required.includes(key) ? 'required' : 'optional', meaning];
    if (inside?.properties !== undefined) yield* fieldsOf(inside, type === 'list' ? `${at}[].` : `${at}.`);
  }
}

/** What may be null is what it may be else, as a word. */
function shapeOf(field) {
  const [one, other] = field.anyOf ?? [];
  if (other?.type === 'null') return { ...shapeOf(one), type: `${shapeOf(one).type} or null` };
  if (field.type === 'array') return { type: 'list', inside: field.items };
  if (field.type === 'object') return { type: 'mapping', inside: field };
  const type = { string: 'string', boolean: 'true or false' }[field.type] ?? missing(JSON.stringify(field));
  return { type, values: field.enum };
}

function describe({ anyOf = [] }) {
  return anyOf.find(({ description }) => description !== undefined)?.description;
}

function missing(what) {
  throw new Error(`the schema of an operation does not describe ${what}`);
}

function table(head, rows) {
  const line = (parts) => `| ${parts.map((part) => part.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
