import type { AddTagsInput, DescribeTagsInput, DescribeTagsOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';
import type { Elb } from './elb.js';
import { type ElbStore, required } from './store.js';

export function addTags({ store }: Elb, input: AddTagsInput): object {
  const added = required('Tags', input.Tags);
  const arns = required('ResourceArns', input.ResourceArns);
  for (const arn of arns) tagsOf(store, arn);
  for (const arn of arns) {
    const kept = tagsOf(store, arn).filter(({ Key }) => !added.some((tag) => tag.Key === Key));
    store.tags.set(arn, [...kept, ...added]);
  }
  return {};
}

export function describeTags(store: ElbStore, input: DescribeTagsInput): DescribeTagsOutput {
  const arns = required('ResourceArns', input.ResourceArns);
  return { TagDescriptions: arns.map((ResourceArn) => ({ ResourceArn, Tags: tagsOf(store, ResourceArn) })) };
}

function tagsOf(store: ElbStore, arn: string): { Key: string | undefined; Value?: string | undefined }[] {
  const tags = store.tags.get(arn);
  if (tags !== undefined) return tags;
  const [, kind = ''] = /:([a-z-]+)\//.exec(arn) ?? [];
  switch (kind) {
    case 'loadbalancer':
      throw new AwsError('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`);
    case 'listener':
      throw new AwsError('ListenerNotFound', 'One or more listeners not found');
    case 'listener-rule':
      throw new AwsError('RuleNotFound', 'One or more rules not found');
    case 'targetgroup':
      throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
  }
  throw new AwsError('ValidationError', `'${arn}' is not a valid load balancing resource ARN`);
}
