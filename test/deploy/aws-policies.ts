import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../embedded/package-root.js';

export interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/** The statements of a file in deploy/aws/. */
export function readPolicy(name: string): readonly Statement[] {
  const text = readFileSync(path.join(packageRoot, 'deploy', 'aws', name), 'utf8');
  return (JSON.parse(text) as { readonly Statement: readonly Statement[] }).Statement;
}

export function actionsOf(name: string): readonly string[] {
  return readPolicy(name)
    .flatMap(({ Action }) => Action)
    .sort();
}
