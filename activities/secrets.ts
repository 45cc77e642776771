import { ReleaseError } from '../domain/failure.js';

/** Turns a reference into the secret. The value goes to the client that needs it and nowhere else. */
export type Secrets = (reference: string) => string;

/** `env:NAME` is the worker's environment variable NAME; `secret-missing` when it has none. */
export function environmentSecrets(environment: NodeJS.ProcessEnv): Secrets {
  return (reference) => {
    const name = /^env:(\w+)$/.exec(reference)?.[1];
    const value = name === undefined ? undefined : environment[name];
    if (value === undefined || value === '') {
      throw new ReleaseError('secret-missing', `expected the secret ${reference}; the worker has none of that name`);
    }
    return value;
  };
}
