import { ReleaseError } from '../domain/failure.js';

/** Turns a reference into the secret. The value goes to the client that needs it and nowhere else. */
export type Secrets = (reference: string) => string;

/** What the worker itself lives by: a manifest that named the ledger would have its files run there. */
const ownVariables = /^(SLUICE|AWS|TEMPORAL)_/;

/** `env:NAME` is the worker's environment variable NAME; `secret-missing` when it has none. */
export function environmentSecrets(environment: NodeJS.ProcessEnv): Secrets {
  return (reference) => {
    const name = /^env:(\w+)$/.exec(reference)?.[1];
    if (name !== undefined && ownVariables.test(name)) {
      throw new ReleaseError(
        'secret-missing',
        `expected a variable made for a manifest, found ${reference}, which is the worker's own`,
      );
    }
    const value = name === undefined ? undefined : environment[name];
    if (value === undefined || value === '') {
      throw new ReleaseError('secret-missing', `expected the secret ${reference}; the worker has none of that name`);
    }
    return value;
  };
}
