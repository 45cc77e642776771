import type {
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupAttributesOutput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupAttributesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';
import type { Elb } from './elb.js';
import { type ElbStore, findTargetGroup, required, type TargetGroup } from './store.js';

export const defaultAttributes: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'slow_start.duration_seconds': '0',
  'load_balancing.algorithm.type': 'round_robin',
};

/** What each attribute may be. Those that would change routing in a way not simulated allow their default only. */
const allowed: Readonly<Record<string, (value: string) => boolean>> = {
  'deregistration_delay.timeout_seconds': (value) => within(value, 0, 3_600),
  'stickiness.enabled': (value) => value === 'true' || value === 'false',
  'stickiness.type': (value) => value === 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': (value) => within(value, 1, 604_800),
  'slow_start.duration_seconds': (value) => value === '0',
  'load_balancing.algorithm.type': (value) => value === 'round_robin',
};

export function modifyTargetGroupAttributes(
  { store }: Elb,
  input: ModifyTargetGroupAttributesInput,
): ModifyTargetGroupAttributesOutput {
  const group = findTargetGroup(store, input.TargetGroupArn);
  const changes = required('Attributes', input.Attributes).map(({ Key, Value }) => {
    const key = required('Key', Key);
    const value = required('Value', Value);
    const accepts = allowed[key];
    if (accepts === undefined)
      throw new AwsError('ValidationError', `Target group attribute key '${key}' is not recognized`);
    if (!accepts(value)) {
      throw new AwsError('ValidationError', `Target group attribute value '${value}' is not valid for '${key}'`);
    }
    return [key, value] as const;
  });
  group.attributes = { ...group.attributes, ...Object.fromEntries(changes) };
  return { Attributes: attributesOf(group) };
}

export function describeTargetGroupAttributes(
  store: ElbStore,
  input: DescribeTargetGroupAttributesInput,
): DescribeTargetGroupAttributesOutput {
  return { Attributes: attributesOf(findTargetGroup(store, input.TargetGroupArn)) };
}

function attributesOf(group: TargetGroup): { Key: string; Value: string }[] {
  return Object.entries(group.attributes).map(([Key, Value]) => ({ Key, Value }));
}

function within(value: string, least: number, most: number): boolean {
  return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}
