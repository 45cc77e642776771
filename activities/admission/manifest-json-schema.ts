import { apiVersion } from './manifest-schema.js';
import { type ManifestTree, manifestTree } from './manifest-tree.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Of a manifest in one document, for editors. Comparisons between fields and the bounds of durations are sluice's to check. */
export function manifestJsonSchema(): JsonSchema {
  return { title: 'A manifest of sluice', ...toJsonSchema(manifestTree, {}) };
}

/** Of one document of several that are merged: it may leave out everything, and what it has is checked. */
export function manifestPartJsonSchema(): JsonSchema {
  const { properties, ...rest } = toJsonSchema(manifestTree, { optional: true });
  const kind = {
    enum: ['ServiceDefaults', 'Release'],
    description: '`ServiceDefaults` for what the releases of a service share, `Release` for the last document.',
  };
  return {
    title: 'One document of a manifest of sluice',
    ...rest,
    properties: { ...(properties as JsonSchema), apiVersion: { const: apiVersion }, kind },
    required: ['apiVersion', 'kind'],
  };
}

interface Asked {
  /** Leave out what is required; not in lists, since a list is never merged. */
  readonly optional?: boolean;
}

function toJsonSchema(tree: ManifestTree, asked: Asked): JsonSchema {
  const {
    typeName: _typeName,
    bounds: _bounds,
    fillable,
    required,
    properties,
    additionalProperties,
    items,
    ...rest
  } = tree;
  const schema = {
    ...rest,
    ...(tree.description === undefined ? {} : { description: describe(tree) }),
    ...(required === undefined || asked.optional ? {} : { required }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, (inner) => toJsonSchema(inner, asked)) }),
    ...(items === undefined ? {} : { items: toJsonSchema(items, {}) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: additionalProperties && toJsonSchema(additionalProperties, {}) }),
  };
  if (!fillable) return schema;
  const { description, ...written } = schema;
  return { description, anyOf: [written, { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' }] };
}

/** Editors show nothing else of a pattern that a person could read. */
function describe({ description = '', bounds, fillable }: ManifestTree): string {
  const filled = fillable ? ' ${NAME} is filled in from the environment.' : '';
  return `${description}${filled}${bounds === undefined ? '' : ` Expected: ${bounds}.`}`;
}

function mapValues<Value, Result>(values: Readonly<Record<string, Value>>, map: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
