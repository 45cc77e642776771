import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.js';
import type { Ecs } from './ecs.js';
import { type EcsStore, required } from './store.js';

export function tagResource({ store }: Ecs, input: TagResourceRequest): object {
  const arn = knownResource(store, input.resourceArn);
  const added = required('tags', input.tags);
  const kept = (store.tags.get(arn) ?? []).filter(({ key }) => !added.some((tag) => tag.key === key));
  store.tags.set(arn, [...kept, ...added]);
  return {};
}

export function untagResource({ store }: Ecs, input: UntagResourceRequest): object {
  const arn = knownResource(store, input.resourceArn);
  const removed = new Set(required('tagKeys', input.tagKeys));
  store.tags.set(
    arn,
    (store.tags.get(arn) ?? []).filter(({ key }) => key === undefined || !removed.has(key)),
  );
  return {};
}

export function listTagsForResource(store: EcsStore, input: ListTagsForResourceRequest): ListTagsForResourceResponse {
  return { tags: store.tags.get(knownResource(store, input.resourceArn)) ?? [] };
}

function knownResource(store: EcsStore, given: string | undefined): string {
  const arn = required('resourceArn', given);
  const { clusters, services, taskDefinitions, tasks } = store;
  if ([clusters, services, taskDefinitions, tasks].some((records) => records.has(arn))) return arn;
  throw new AwsError('InvalidParameterException', `The specified resource ${arn} could not be found.`);
}
