import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll } from 'vitest';
import type { ReleaseRef } from '../../domain/lane.js';
import { type CliAnswer, stackEnvironment } from '../../embedded/demo/cli.js';
import { type ReleaseWatch, watchRelease } from '../../embedded/demo/release-watch.js';
import { type Shoppers, startShoppers } from '../../embedded/demo/shoppers.js';
import { type ManifestOptions, shopManifest } from '../../embedded/shop/manifest.js';
import { type Stack, type StackServers, startStack } from '../../embedded/stack.js';
import { audit } from '../../examples/shop/shoppers/audit.js';
import { type CommandHosts, withCommandHosts } from './command-host.js';
import { freshDatabase } from './postgres.js';
import { sharedServiceTimeoutMs } from './shared-service.js';
import { ownNamespace } from './temporal.js';

/** The whole stack with shoppers in it, for one test file: real processes, and a release takes seconds. */
export interface ShopStack {
  readonly stack: Stack;
  readonly client: Client;
  readonly shoppers: Shoppers;
  sluice(...args: string[]): Promise<CliAnswer>;
  /** Writes the manifest of a version; the image of version 1, short bakes and windows unless told otherwise. */
  manifest(version: string, options?: Partial<ManifestOptions>): string;
  /** Submits it through the CLI and follows it. */
  release(version: string, options?: Partial<ManifestOptions>): Promise<ReleaseWatch>;
  watch(version: string): ReleaseWatch;
  /** What the shoppers have to say, at the end of the file's story. Of nothing bought, nothing can be lost: that fails. */
  verdict(): Promise<{
    requests: number;
    failed: number;
    failures: unknown;
    lost: number;
    twice: number;
    changed: number;
  }>;
}

const customers = 2_000;

/**
 * Starts the stack before the file's tests and stops all of it after, on every way out. Temporal and Postgres are those
 * of the run, in a namespace and in databases of the file's own, unless it is told to have servers that it may break.
 * Each service has one task unless told otherwise: a task is a process, and takes a second of processor to start.
 */
export function withShopStack({ ownServers = false, desiredCount = 1, serviceRole = false } = {}): {
  readonly current: ShopStack;
} {
  let current: ShopStack | undefined;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const stateDir = mkdtempSync(path.join(tmpdir(), 'sluice-'));
    ends.push(async () => rmSync(stateDir, { recursive: true, force: true }));
    const servers = ownServers ? {} : { servers: await sharedServers() };
    const stack = await startStack({
      ...{ stateDir, customers, desiredCount, serviceRole, ...servers },
      onProgress: () => undefined,
    });
    ends.push(() => stack.stop());
    const connection = await Connection.connect({ address: stack.temporal.address });
    // Never closed: a watch that is being retried when a test fails would throw on a closed channel.
    const shoppers = await startShoppers({
      url: stack.infrastructure.url,
      rate: 12,
      stateDir,
      oldCustomers: customers,
    });
    ends.push(() => shoppers.kill());
    const { namespace } = stack.temporal;
    const commands = withCommandHosts(stackEnvironment(stack));
    ends.push(async () => commands.stop());
    current = open({ stack, client: new Client({ connection, namespace }), shoppers, stateDir, commands });
  }, sharedServiceTimeoutMs);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return {
    get current() {
      if (current === undefined) throw new Error('the stack is not up: use it inside a test');
      return current;
    },
  };
}

async function sharedServers(): Promise<StackServers> {
  return {
    temporal: await ownNamespace(),
    ledgerUrl: await freshDatabase('ledger'),
    shopDatabaseUrl: await freshDatabase('shop'),
  };
}

interface Parts extends Pick<ShopStack, 'stack' | 'client' | 'shoppers'> {
  readonly stateDir: string;
  readonly commands: CommandHosts;
}

function open({ stack, client, shoppers, stateDir, commands }: Parts): ShopStack {
  const sluice: ShopStack['sluice'] = (...args) => commands.sluice(args);
  const watch = (version: string): ReleaseWatch => watchRelease(client, refOf(version));
  const manifest: ShopStack['manifest'] = (version, options = {}) => {
    const file = path.join(stateDir, `shop-${version}-${Math.random().toString(36).slice(2)}.yaml`);
    const quick = {
      runs: '1',
      steps: [20],
      bake: '2s',
      period: '1s',
      minRequests: 1,
      warmWindow: '1s',
      quietWindow: '1s',
    } as const;
    const text = shopManifest(stack, { ...quick, version, migrates: false, manifestFolder: stateDir, ...options });
    // On a machine with other tests at work, how long an answer takes says nothing about the version.
    writeFileSync(file, text.replace('p99Margin: 1s', 'p99Margin: 30s'));
    return file;
  };
  return {
    stack,
    client,
    shoppers,
    manifest,
    watch,
    sluice,
    async release(version, options) {
      const { exitCode, stderr, stdout } = await sluice('release', manifest(version, options));
      if (exitCode !== 0) throw new Error(`sluice release ended with ${exitCode}: ${stderr}${stdout}`);
      return watch(version);
    },
    async verdict() {
      const { requests, failed, failures, acknowledged } = await shoppers.stop();
      if (requests === 0 || acknowledged === 0)
        throw new Error(`${requests} requests and ${acknowledged} checkouts prove nothing`);
      const { checkoutsLost, checkoutsDuplicated, checkoutsChanged } = await audit({
        databaseUrl: stack.shopDatabaseUrl,
        acknowledgedFile: shoppers.acknowledgedFile,
        splitsKept: false,
      });
      return { requests, failed, failures, lost: checkoutsLost, twice: checkoutsDuplicated, changed: checkoutsChanged };
    },
  };
}

export function refOf(version: string): ReleaseRef {
  return { lane: { environment: 'demo', service: 'shop' }, version };
}
