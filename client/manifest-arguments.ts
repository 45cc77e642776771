import type { Command } from 'commander';
import { ClientError } from './client-error.js';
import type { ManifestFiles } from './manifest-file.js';

export interface ManifestOptions {
  readonly file?: readonly string[];
}

/** Manifests stand as arguments or behind `-f`, in the order in which they are merged. */
export function takeManifests(command: Command): Command {
  return command
    .argument('[manifest...]', 'the YAML file; several are merged: service defaults first, the release last')
    .option('-f, --file <manifest...>', 'the same as an option');
}

/** The files named, those behind `-f` last. */
export function manifestFiles(named: readonly string[], { file = [] }: ManifestOptions): ManifestFiles {
  const [first, ...more] = [...named, ...file];
  if (first !== undefined) return [first, ...more];
  throw new ClientError({
    exit: 'usage',
    message: 'expected a manifest, found none on the command line',
    remedy:
      'Name the YAML file, for example shop-2.yaml; `sluice up` writes some, docs/how-to/write-a-manifest.md explains them.',
  });
}
