import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ms from 'ms';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { readConfig } from '../../workers/config.js';
import { workerEnvironment } from '../../workers/environment.js';
import { composeSchema, interpolate, readCompose } from './compose.js';
import { readStages } from './docker-stages.js';

const compose = readCompose();
const services = Object.entries(compose.services);
const { worker } = compose.services;
const deploy = path.join(packageRoot, 'deploy');
const given = {
  SLUICE_BUILD_ID: 'abc',
  LEDGER_PASSWORD: 'secret1',
  TEMPORAL_DB_PASSWORD: 'secret2',
  AWS_REGION: 'eu-central-1',
};

describe('deploy/docker-compose.yml', () => {
  it('is what the Compose specification allows', () => {
    expect(composeSchema.safeParse(compose).error?.issues).toBeUndefined();
    const withTypo = { ...compose, services: { ...compose.services, worker: { ...worker, read_onyl: true } } };
    expect(composeSchema.safeParse(withTypo).success).toBe(false);
  });

  it('is taken by Compose itself, where its plugin is', ({ skip }) => {
    const docker = (...args: readonly string[]) =>
      spawnSync('docker', ['compose', ...args], { cwd: deploy, env: { ...process.env, ...given }, encoding: 'utf8' });
    if (docker('version').status !== 0) skip('docker compose is not there');
    expect(docker('--file', 'docker-compose.yml', 'config', '--quiet')).toMatchObject({ status: 0 });
  });

  it.each(services)('pins the image of %s to an exact version', (name, { image }) => {
    expect(image).toMatch(name === 'worker' ? /^sluice:\$\{SLUICE_BUILD_ID:\?/ : /:\d+\.\d+(\.\d+)?(-bookworm)?$/);
  });

  it.each(services)('waits for nothing that %s could not wait for', (_name, { depends_on = {} }) => {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const service = compose.services[other];
      expect(service, other).toBeDefined();
      if (condition === 'service_healthy') expect(service?.healthcheck, other).toBeDefined();
      else expect(condition).toBe('service_completed_successfully');
    }
  });

  it('mounts files that are there, and what the services run is among them', () => {
    for (const [, { volumes = [] }] of services) {
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('.')) expect(existsSync(path.join(deploy, source)), source).toBe(true);
      }
    }
    const text = readFileSync(path.join(deploy, 'docker-compose.yml'), 'utf8');
    const named = [...text.matchAll(/\/setup\/([\w.-]+)/g)].map(([, file]) => file);
    expect([...new Set(named)].sort()).toEqual(readdirSync(path.join(deploy, 'temporal')).sort());
  });

  it('is brought up and used by one name and the same commands, here and on the page of production', () => {
    const text = readFileSync(path.join(deploy, 'docker-compose.yml'), 'utf8');
    const page = readFileSync(path.join(packageRoot, 'docs', 'how-to', 'production.md'), 'utf8');
    expect(compose.name).toBe('sluice');
    const header = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line = '']) => line);
    expect(header).toEqual([expect.stringMatching(/^export /), expect.stringMatching(/^docker compose .* up /)]);
    for (const line of header) expect(page).toContain(`\n${line}\n`);
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    const exported = [...(header[0] ?? '').matchAll(/ (\w+)=/g)].map(([, name]) => name);
    expect(exported.sort()).toEqual([...required].sort());
    const used = [...page.matchAll(/^docker compose (.*)$/gm)].map(([, rest]) => rest);
    expect(used.length).toBeGreaterThan(2);
    for (const rest of used) expect(rest).toMatch(/^-f deploy\/docker-compose\.yml (up|exec|run) /);
  });

  it('has no secret in it: passwords come from the environment, and without them nothing starts', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!/PASSWORD|PWD|SECRET|TOKEN|_URL$/.test(variable) || value === null) continue;
        expect(value, `${name} ${variable}`).toMatch(/\$\{\w+:\?[^}]+\}/);
        expect(() => interpolate(value, {})).toThrow('set the password');
      }
    }
  });
});

describe('its worker', () => {
  const environment = Object.fromEntries(
    Object.entries(worker?.environment ?? {}).map(([name, value]) => [name, interpolate(value ?? '', given)]),
  );

  it('gets settings the worker takes, and none that it does not know', () => {
    const config = readConfig(environment);
    expect(config).toMatchObject({
      ledgerUrl: 'postgres://sluice:secret1@ledger:5432/sluice',
      shutdownGraceMs: 60_000,
    });
    const ours = Object.keys(environment).filter((name) => name.startsWith('SLUICE_'));
    expect(Object.keys(workerEnvironment.shape)).toEqual(expect.arrayContaining(ours));
  });

  it('is given longer to stop than it takes', () => {
    const { shutdownGraceMs } = readConfig(environment);
    expect(ms(worker?.stop_grace_period as ms.StringValue)).toBeGreaterThan(shutdownGraceMs + 5_000);
  });

  it('may write nothing and gain no right', () => {
    expect(worker).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('is built from the Dockerfile, which says how it is', () => {
    const { context = '', dockerfile = '', args = {} } = worker?.build ?? {};
    expect(path.resolve(deploy, context, dockerfile)).toBe(path.join(deploy, 'Dockerfile'));
    expect(Object.keys(args)).toEqual(['SLUICE_BUILD_ID']);
    expect(
      readStages()
        .at(-1)
        ?.steps.some(({ keyword }) => keyword === 'HEALTHCHECK'),
    ).toBe(true);
  });
});
