// The reference page of the manifest: a table a section, from what the schema knows of each field.

/** @param tree `manifestTree` of activities/admission/manifest-tree.ts */
export function manifestPage(tree) {
  const sections = [...sectionsOf(tree, '')];
  return [
    '# The manifest',
    'Generated from the code by `node tools/docs.mjs`. How to write one: [write a manifest](../how-to/write-a-manifest.md).',
    'A duration is a number with its unit: `500ms`, `30s`, `5m`, `1.5h`, `7d`. Unknown keys are refused. In the fields ' +
      'marked ⁺ the environment fills in `${NAME}`.',
    ...sections.flatMap(({ path, tree }) => [
      `## ${path === '' ? 'The document' : `\`${path}\``}`,
      ...(tree.description === undefined ? [] : [tree.description]),
      table(Object.entries(tree.properties).map(([key, field]) => cells(key, field, tree.required ?? []))),
    ]),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function* sectionsOf(tree, path) {
  if (tree.properties !== undefined) yield { path, tree };
  for (const [key, field] of Object.entries(tree.properties ?? {})) {
    yield* sectionsOf(field, path === '' ? key : `${path}.${key}`);
    if (field.items?.properties !== undefined) yield* sectionsOf(field.items, `${path}.${key}[]`);
  }
}

function cells(key, field, required) {
  const mark = field.fillable ? '⁺' : '';
  const fallback =
    field.default !== undefined
      ? `\`${JSON.stringify(field.default)}\``
      : required.includes(key)
        ? 'required'
        : 'optional';
  return [`\`${key}\`${mark}`, typeOf(field), fallback, boundsOf(field), field.description ?? missing(key)];
}

function typeOf(field) {
  if (field.typeName !== undefined) return field.typeName;
  if (field.items !== undefined) return field.items.properties === undefined ? 'list of strings' : 'list of mappings';
  const names = { object: 'mapping', integer: 'whole number', string: 'string', number: 'number' };
  return names[field.type] ?? missing(JSON.stringify(field));
}

function boundsOf(field) {
  if (field.bounds !== undefined) return field.bounds;
  if (field.const !== undefined) return `\`${field.const}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.minimum !== undefined) return `${field.minimum} to ${field.maximum}`;
  if (field.items?.bounds !== undefined) return `${field.minItems ?? 0} or more, each ${field.items.bounds}`;
  if (field.minItems !== undefined) return `${field.minItems} or more`;
  return '';
}

function missing(what) {
  throw new Error(`the schema of the manifest does not describe ${what}`);
}

function table(rows) {
  const escaped = (cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const line = (parts) => `| ${parts.map(escaped).join(' | ')} |`;
  const head = ['field', 'type', 'default', 'allowed', 'meaning'];
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
