import { type Lane, type ReleaseRef, laneName } from '../domain/lane.js';
import { ClientError } from './client-error.js';
import type { ManifestOptions } from './manifest-arguments.js';
import type { ManifestFiles } from './manifest-file.js';

/** What a command is about; without a version it is the lane. */
export interface Target {
  readonly lane: Lane;
  readonly version?: string;
}

/** What a command takes, and how it is told to who named something else. */
const forms = {
  release: { form: '<environment>/<service>/<version>', remedy: 'Name the release, for example production/shop/v2.' },
  lane: { form: '<environment>/<service>', remedy: 'Name the service, for example production/shop.' },
  either: {
    form: '<environment>/<service> or <environment>/<service>/<version>',
    remedy: 'Name the release, for example production/shop/v2, or the service, production/shop.',
  },
} as const;

/** Either `<environment>/<service>`, with or without `/<version>`, or the manifests that name it. */
export async function readTarget(
  name: string | undefined,
  { file = [] }: ManifestOptions,
  wanted: keyof typeof forms = 'either',
): Promise<Target> {
  const [first, ...more] = file;
  const { form, remedy } = forms[wanted];
  if (name !== undefined && first === undefined) return parseTarget(name, wanted);
  if (name === undefined && first !== undefined) return targetOfManifest([first, ...more]);
  throw usage(`expected either ${form} or -f <manifest>`, remedy);
}

export async function readRelease(name: string | undefined, options: ManifestOptions): Promise<ReleaseRef> {
  const { lane, version } = await readTarget(name, options, 'release');
  if (version === undefined) throw unlike('release', name);
  return { lane, version };
}

/** A version in the name is not taken for the lane: somebody means another command. A manifest names its lane. */
export async function readLane(name: string | undefined, options: ManifestOptions): Promise<Lane> {
  const { lane, version } = await readTarget(name, options, 'lane');
  if (version !== undefined && name !== undefined) {
    throw unlike('lane', name, `Leave the version out: ${laneName(lane)}.`);
  }
  return lane;
}

const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function parseTarget(name: string, wanted: keyof typeof forms = 'either'): Target {
  const parts = name.split('/');
  const [environment, service, version, ...rest] = parts;
  const wellFormed = rest.length === 0 && parts.every((it) => part.test(it));
  if (environment === undefined || service === undefined || !wellFormed) throw unlike(wanted, name);
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
      'State all three in it, or name the release instead: production/shop/v2.',
    );
  }
  return parseTarget(parts.join('/'));
}

function unlike(wanted: keyof typeof forms, name: string | undefined, remedy?: string): ClientError {
  const { form, remedy: example } = forms[wanted];
  return usage(`expected ${form}, found ${JSON.stringify(name)}`, remedy ?? example);
}

function usage(message: string, remedy: string): ClientError {
  return new ClientError({ exit: 'usage', message, remedy });
}
