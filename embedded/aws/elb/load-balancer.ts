import type {
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancerAttributesOutput,
  DescribeLoadBalancersInput,
  DescribeLoadBalancersOutput,
  LoadBalancer as LoadBalancerAnswer,
  ModifyLoadBalancerAttributesInput,
  ModifyLoadBalancerAttributesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { arnOf, hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { Elb } from './elb.js';
import { deleteListener } from './listener.js';
import { type ElbStore, findLoadBalancer, type LoadBalancer, required } from './store.js';

/** Subnets and security groups are taken but not looked at: there is no network here to check them against. */
export function createLoadBalancer(
  { store, listenerHost }: Elb,
  input: CreateLoadBalancerInput,
): CreateLoadBalancerOutput {
  const name = required('Name', input.Name);
  if (!/^(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name)) {
    throw new AwsError(
      'ValidationError',
      `The load balancer name '${name}' must be 1 to 32 letters, digits or hyphens`,
    );
  }
  if ((input.Type ?? 'application') !== 'application') {
    throw new AwsError('ValidationError', `Load balancers of type '${input.Type}' are not simulated`);
  }
  const existing = [...store.loadBalancers.values()].find((loadBalancer) => loadBalancer.name === name);
  const scheme = input.Scheme ?? 'internet-facing';
  if (existing !== undefined) {
    if (existing.scheme === scheme) return { LoadBalancers: [answerOf(existing)] };
    throw new AwsError(
      'DuplicateLoadBalancerName',
      `A load balancer with the same name '${name}' exists, but with different settings`,
    );
  }
  const dimension = `app/${name}/${hexId(16)}`;
  const loadBalancer: LoadBalancer = {
    arn: arnOf('elasticloadbalancing', `loadbalancer/${dimension}`),
    name,
    dimension,
    dnsName: listenerHost,
    scheme,
    createdAt: new Date(),
    attributes: { 'idle_timeout.timeout_seconds': '60', 'deletion_protection.enabled': 'false' },
  };
  store.loadBalancers.set(loadBalancer.arn, loadBalancer);
  store.tags.set(loadBalancer.arn, input.Tags ?? []);
  return { LoadBalancers: [answerOf(loadBalancer)] };
}

export function describeLoadBalancers(store: ElbStore, input: DescribeLoadBalancersInput): DescribeLoadBalancersOutput {
  if (input.LoadBalancerArns !== undefined) {
    return { LoadBalancers: input.LoadBalancerArns.map((arn) => answerOf(findLoadBalancer(store, arn))) };
  }
  const all = [...store.loadBalancers.values()];
  if (input.Names === undefined) return { LoadBalancers: all.map(answerOf) };
  const found = input.Names.map((name) => {
    const loadBalancer = all.find((candidate) => candidate.name === name);
    if (loadBalancer === undefined) throw new AwsError('LoadBalancerNotFound', `Load balancers '[${name}]' not found`);
    return answerOf(loadBalancer);
  });
  return { LoadBalancers: found };
}

export async function deleteLoadBalancer(elb: Elb, input: DeleteLoadBalancerInput): Promise<object> {
  const arn = required('LoadBalancerArn', input.LoadBalancerArn);
  const listeners = [...elb.store.listeners.values()].filter(({ loadBalancerArn }) => loadBalancerArn === arn);
  for (const listener of listeners) await deleteListener(elb, { ListenerArn: listener.arn });
  elb.store.loadBalancers.delete(arn);
  elb.store.tags.delete(arn);
  return {};
}

export function describeLoadBalancerAttributes(
  store: ElbStore,
  input: DescribeLoadBalancerAttributesInput,
): DescribeLoadBalancerAttributesOutput {
  return { Attributes: attributesOf(findLoadBalancer(store, input.LoadBalancerArn)) };
}

export function modifyLoadBalancerAttributes(
  { store, dataPlane }: Elb,
  input: ModifyLoadBalancerAttributesInput,
): ModifyLoadBalancerAttributesOutput {
  const loadBalancer = findLoadBalancer(store, input.LoadBalancerArn);
  for (const { Key, Value } of required('Attributes', input.Attributes)) {
    loadBalancer.attributes[required('Key', Key)] = required('Value', Value);
  }
  dataPlane.applyRules();
  return { Attributes: attributesOf(loadBalancer) };
}

function attributesOf(loadBalancer: LoadBalancer): { Key: string; Value: string }[] {
  return Object.entries(loadBalancer.attributes).map(([Key, Value]) => ({ Key, Value }));
}

function answerOf(loadBalancer: LoadBalancer): LoadBalancerAnswer {
  return {
    LoadBalancerArn: loadBalancer.arn,
    LoadBalancerName: loadBalancer.name,
    DNSName: loadBalancer.dnsName,
    CanonicalHostedZoneId: 'Z35SXDOTRQ7X7K',
    CreatedTime: loadBalancer.createdAt,
    Scheme: loadBalancer.scheme as 'internet-facing' | 'internal',
    Type: 'application',
    IpAddressType: 'ipv4',
    State: { Code: 'active' },
  };
}
