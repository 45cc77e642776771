import { afterEach, expect, test } from 'vitest';

import { findRevision } from '../../../activities/workload/ecs-revisions.js';
import { clientsAt, startLocalServer } from '../../contract/local-server.js';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface Page {
  readonly taskDefinitionArns: readonly string[];
  readonly nextToken?: string;
}

/** An ECS whose lists come in these pages, and whose revisions carry these tags. */
async function ecsWith({ pages, tags }: { pages: Record<string, Page>; tags: Record<string, string> }) {
  const described: string[] = [];
  const server = await startLocalServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const input = JSON.parse(Buffer.concat(chunks).toString()) as { nextToken?: string; taskDefinition?: string };
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer(input)));
    });
  });
  const answer = ({ nextToken = 'first', taskDefinition }: { nextToken?: string; taskDefinition?: string }) => {
    if (taskDefinition === undefined) return pages[nextToken];
    described.push(taskDefinition);
    return { tags: [{ key: 'sluice:release', value: tags[taskDefinition] ?? 'another' }] };
  };
  stops.push(() => server.close());
  const { ecs } = clientsAt(server.url);
  return { ecs, described };
}

test('goes on after a page that is short or empty and not the last', async () => {
  const { ecs } = await ecsWith({
    pages: {
      first: { taskDefinitionArns: ['shop:9'], nextToken: 'second' },
      second: { taskDefinitionArns: [], nextToken: 'third' },
      third: { taskDefinitionArns: ['shop:8'] },
    },
    tags: { 'shop:8': 'shop-1.4.2' },
  });
  expect(await findRevision(ecs, { family: 'shop', releaseTag: 'shop-1.4.2' })).toBe('shop:8');
});

test('looks no further back than a repeated release can lie', async () => {
  const arns = Array.from({ length: 120 }, (_, index) => `shop:${120 - index}`);
  const { ecs, described } = await ecsWith({
    pages: {
      first: { taskDefinitionArns: arns.slice(0, 60), nextToken: 'second' },
      second: { taskDefinitionArns: arns.slice(60) },
    },
    tags: { 'shop:1': 'shop-1.4.2' },
  });
  expect(await findRevision(ecs, { family: 'shop', releaseTag: 'shop-1.4.2' })).toBeUndefined();
  expect(described).toHaveLength(50);
});

test('describes no more revisions than it needs when the newest is the one', async () => {
  const arns = Array.from({ length: 40 }, (_, index) => `shop:${40 - index}`);
  const { ecs, described } = await ecsWith({
    pages: { first: { taskDefinitionArns: arns } },
    tags: { 'shop:40': 'shop-1.4.2' },
  });
  expect(await findRevision(ecs, { family: 'shop', releaseTag: 'shop-1.4.2' })).toBe('shop:40');
  expect(described.length).toBeLessThanOrEqual(10);
});
