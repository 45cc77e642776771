import type { Lane, ReleaseRef } from '../domain/lane.js';
import { ClientError } from './client-error.js';
import type { ManifestOptions } from './manifest-arguments.js';
import type { ManifestFiles } from './manifest-file.js';

/** What a command is about; without a version it is the lane. */
export interface Target {
  readonly lane: Lane;
  readonly version?: string;
}

/** Either `<environment>/<service>`, with or without `/<version>`, or the manifests that name it. */
export async function readTarget(name: string | undefined, { file = [] }: ManifestOptions): Promise<Target> {
  const [first, ...more] = file;
  if (name !== undefined && first === undefined) return parseTarget(name);
  if (name === undefined && first !== undefined) return targetOfManifest([first, ...more]);
  throw usage('expected either <environment>/<service>/<version> or -f <manifest>');
}

export async function readRelease(name: string | undefined, options: ManifestOptions): Promise<ReleaseRef> {
  const { lane, version } = await readTarget(name, options);
  if (version === undefined) throw usage(`expected <environment>/<service>/<version>, found ${JSON.stringify(name)}`);
  return { lane, version };
}

/** A version in the name is not taken for the lane: somebody means another command. A manifest names its lane. */
export async function readLane(name: string | undefined, options: ManifestOptions): Promise<Lane> {
  const { lane, version } = await readTarget(name, options);
  if (version !== undefined && name !== undefined)
    throw usage(`expected <environment>/<service>, found ${JSON.stringify(name)}`);
  return lane;
}

const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function parseTarget(name: string): Target {
  const parts = name.split('/');
  const [environment, service, version, ...rest] = parts;
  const wellFormed = rest.length === 0 && parts.every((it) => part.test(it));
  if (environment === undefined || service === undefined || !wellFormed) {
    throw usage(`expected <environment>/<service> or <environment>/<service>/<version>, found ${JSON.stringify(name)}`);
  }
  return { lane: { environment, service }, ...(version === undefined ? {} : { version }) };
}

async function targetOfManifest(files: ManifestFiles): Promise<Target> {
  // A name on the command line needs none of what reads a manifest.
  const { readManifestNames } = await import('./manifest-file.js');
  const manifest = await readManifestNames(...files);
  const { environment, service, version } = (manifest ?? {}) as Record<string, unknown>;
  const parts = [environment, service, version];
  if (!parts.every((it) => typeof it === 'string')) {
    throw usage(
      `expected environment, service and version in ${files.join(', ')}, each a string; at least one of them is not there`,
    );
  }
  return parseTarget(parts.join('/'));
}

function usage(message: string): ClientError {
  return new ClientError({ exit: 'usage', message, remedy: 'Name the release, for example production/shop/v2.' });
}
