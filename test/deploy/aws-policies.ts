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
  return [...new Set(readPolicy(name).flatMap(({ Action }) => Action))].sort();
}

export interface Access {
  readonly action: string;
  /** ARN of what is acted on. */
  readonly resource: string;
}

/** Whether a file of deploy/aws/, its placeholders filled in, allows this; conditions are left aside. */
export function allows(
  name: string,
  filledIn: Readonly<Record<string, string>>,
  { action, resource }: Access,
): boolean {
  return readPolicy(name).some(
    ({ Action, Resource = [] }) =>
      Action.includes(action) && [Resource].flat().some((pattern) => matches(fillIn(pattern, filledIn), resource)),
  );
}

function fillIn(pattern: string, filledIn: Readonly<Record<string, string>>): string {
  return pattern.replace(/<(\w+)>/g, (placeholder, name: string) => filledIn[name] ?? placeholder);
}

function matches(pattern: string, resource: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(resource);
}
