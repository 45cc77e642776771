import { createRequire } from 'node:module';

/** Of the package, by its own name: the same from source and from dist/. */
export const { version } = createRequire(import.meta.url)('sluice/package.json') as { readonly version: string };
