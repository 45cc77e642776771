import type {
  CreateListenerInput,
  CreateListenerOutput,
  DeleteListenerInput,
  DescribeListenersInput,
  DescribeListenersOutput,
  Listener as ListenerAnswer,
  ModifyListenerInput,
  ModifyListenerOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { arnOf, hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import { checkActions } from './action.js';
import type { Elb } from './elb.js';
import {
  defaultRuleOf,
  type ElbStore,
  findListener,
  findLoadBalancer,
  type Listener,
  required,
  type Rule,
  rulesOf,
} from './store.js';

/** Port 0, which AWS would refuse, takes a free port; DescribeListeners tells which. */
export async function createListener(elb: Elb, input: CreateListenerInput): Promise<CreateListenerOutput> {
  const { store, dataPlane } = elb;
  const loadBalancer = findLoadBalancer(store, input.LoadBalancerArn);
  const port = required('Port', input.Port);
  checkPort(port);
  if ((input.Protocol ?? 'HTTP') !== 'HTTP') {
    throw new AwsError('UnsupportedProtocol', `Listeners with protocol '${input.Protocol}' are not simulated`);
  }
  const taken = [...store.listeners.values()].some(
    (listener) => listener.loadBalancerArn === loadBalancer.arn && listener.port === port,
  );
  if (taken) throw new AwsError('DuplicateListener', 'A listener already exists on this port for this load balancer');
  const actions = checkActions(store, loadBalancer.arn, input.DefaultActions);
  const path = `${loadBalancer.dimension}/${hexId(16)}`;
  const listener: Listener = {
    arn: arnOf('elasticloadbalancing', `listener/${path}`),
    loadBalancerArn: loadBalancer.arn,
    port,
  };
  const rule: Rule = {
    arn: arnOf('elasticloadbalancing', `listener-rule/${path}/${hexId(16)}`),
    listenerArn: listener.arn,
    priority: 'default',
    conditions: [],
    actions,
  };
  listener.port = await dataPlane.openListener(listener);
  store.listeners.set(listener.arn, listener);
  store.rules.set(rule.arn, rule);
  store.tags.set(listener.arn, input.Tags ?? []);
  dataPlane.applyRules();
  return { Listeners: [answerOf(store, listener)] };
}

export function describeListeners(store: ElbStore, input: DescribeListenersInput): DescribeListenersOutput {
  if (input.ListenerArns !== undefined) {
    return { Listeners: input.ListenerArns.map((arn) => answerOf(store, findListener(store, arn))) };
  }
  const { arn } = findLoadBalancer(store, input.LoadBalancerArn);
  const listeners = [...store.listeners.values()].filter(({ loadBalancerArn }) => loadBalancerArn === arn);
  return { Listeners: listeners.map((listener) => answerOf(store, listener)) };
}

/** Changes the default action. A listener's port stays what it is here. */
export function modifyListener({ store, dataPlane }: Elb, input: ModifyListenerInput): ModifyListenerOutput {
  const listener = findListener(store, input.ListenerArn);
  if (input.Port !== undefined && input.Port !== listener.port) {
    throw new AwsError('InvalidConfigurationRequest', 'Moving a listener to another port is not simulated');
  }
  if (input.DefaultActions !== undefined) {
    const rule = defaultRuleOf(store, listener.arn);
    rule.actions = checkActions(store, listener.loadBalancerArn, input.DefaultActions);
    dataPlane.applyRules();
  }
  return { Listeners: [answerOf(store, listener)] };
}

export async function deleteListener({ store, dataPlane }: Elb, input: DeleteListenerInput): Promise<object> {
  const listener = findListener(store, input.ListenerArn);
  for (const rule of rulesOf(store, listener.arn)) {
    store.rules.delete(rule.arn);
    store.tags.delete(rule.arn);
  }
  store.listeners.delete(listener.arn);
  store.tags.delete(listener.arn);
  await dataPlane.closeListener(listener.arn);
  return {};
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new AwsError('ValidationError', `Port '${port}' must be an integer between 1 and 65535`);
}

function answerOf(store: ElbStore, listener: Listener): ListenerAnswer {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: 'HTTP',
    DefaultActions: defaultRuleOf(store, listener.arn).actions,
  };
}
