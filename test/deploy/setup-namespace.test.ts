import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { searchAttributeNames } from '../../domain/search-attributes.js';
import { packageRoot } from '../../embedded/package-root.js';
import { locateTemporal } from '../../embedded/temporal/locate.js';
import { withTemporal } from '../support/temporal.js';

const temporal = withTemporal();
const namespace = `setup-${randomUUID()}`;
const bin = mkdtempSync(path.join(tmpdir(), 'sluice-bin-'));
beforeAll(async () => symlinkSync(await locateTemporal({ log: () => {} }), path.join(bin, 'temporal')));
afterAll(() => rmSync(bin, { recursive: true, force: true }));

function setup(address: string): void {
  execFileSync('/bin/sh', [path.join(packageRoot, 'deploy', 'temporal', 'setup-namespace.sh')], {
    stdio: 'pipe',
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: bin,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
    },
  });
}

it('makes the namespace with the attributes releases are listed by, and changes nothing when it is run again', async () => {
  for (const _time of ['first', 'second']) {
    setup(temporal.address);
    const { connection } = temporal.client;
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining([...searchAttributeNames]));
  }
});
