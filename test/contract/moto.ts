import { type Child, startChild } from '../../embedded/child.js';
import type { AwsWorld, CountedTraffic, MeasuredWindow } from './aws-world.js';
import { known } from './aws-world.js';
import { clientsAt } from './local-server.js';

const region = 'us-east-1';
const periodSeconds = 60;

/** werkzeug writes its address to stderr, and ready is read from stdout. */
const program = 'import sys; sys.stderr = sys.stdout; from moto.server import main; main(sys.argv[1:])';

export async function startMotoWorld(python: string): Promise<AwsWorld> {
  const server: Child<string> = await startChild({
    name: 'moto server',
    command: python,
    args: ['-u', '-c', program, '-H', '127.0.0.1', '-p', '0'],
    foreign: true,
    ready: (line) => /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1],
  });
  try {
    return await furnish(server);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

async function furnish(server: Child<string>): Promise<AwsWorld> {
  const endpoint = server.ready;
  const clients = clientsAt(endpoint, { requestTimeoutMs: 10_000 });
  const network = await createNetwork(endpoint);
  const { cluster } = await clients.ecs.createCluster({ clusterName: 'contract' });
  const { LoadBalancers } = await clients.elb.createLoadBalancer({ Name: 'contract', Subnets: network.subnets });
  const loadBalancerArn = known(LoadBalancers?.[0]?.LoadBalancerArn);
  const { Listeners } = await clients.elb.createListener({
    LoadBalancerArn: loadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  let priority = 0;
  return {
    name: 'moto',
    clients,
    cluster: known(cluster?.clusterName),
    vpcId: network.vpcId,
    container: {
      name: 'shop',
      port: 8080,
      cpu: '256',
      memory: '512',
      environment: { GREETING: 'hello' },
      secrets: {},
      subnets: network.subnets,
      securityGroups: network.securityGroups,
      stopTimeoutSeconds: 5,
    },
    image: `shop@sha256:${'1'.repeat(64)}`,
    brokenImage: `shop@sha256:${'2'.repeat(64)}`,
    listenerArn: known(Listeners?.[0]?.ListenerArn),
    nextPriority: () => (priority += 1),
    haveCounted: (targetGroupArn, traffic) => putMetrics({ endpoint, loadBalancerArn, targetGroupArn, traffic }),
    stop: async () => {
      await server.kill();
    },
  };
}

/** ECS and the load balancer ask moto's EC2 for the subnets. Its API is a form, so no client is needed for three calls. */
async function createNetwork(endpoint: string) {
  const vpcId = idIn(await ec2(endpoint, { Action: 'CreateVpc', CidrBlock: '10.0.0.0/16' }), 'vpcId');
  const subnets = [];
  for (const [index, zone] of ['a', 'b'].entries()) {
    const answer = await ec2(endpoint, {
      Action: 'CreateSubnet',
      VpcId: vpcId,
      CidrBlock: `10.0.${index}.0/24`,
      AvailabilityZone: `${region}${zone}`,
    });
    subnets.push(idIn(answer, 'subnetId'));
  }
  const group = await ec2(endpoint, {
    Action: 'CreateSecurityGroup',
    VpcId: vpcId,
    GroupName: 'contract',
    GroupDescription: 'contract',
  });
  return { vpcId, subnets, securityGroups: [idIn(group, 'groupId')] };
}

async function ec2(endpoint: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ ...form, Version: '2016-11-15' }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${form.Action} answered ${response.status}: ${answer}`);
  return answer;
}

function idIn(answer: string, element: string): string {
  return known(new RegExp(`<${element}>([^<]+)</${element}>`).exec(answer)?.[1]);
}

/** moto has no data plane: what a load balancer would have counted in the last full minute is told to it. */
async function putMetrics(told: {
  readonly endpoint: string;
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly traffic: CountedTraffic;
}): Promise<MeasuredWindow> {
  const { answered, failed, connectionErrors = 0, latencyMs } = told.traffic;
  const thisMinute = Math.floor(Date.now() / 60_000) * 60_000;
  const fromMs = thisMinute - 60_000;
  const { cloudwatch } = clientsAt(told.endpoint);
  const counted = {
    RequestCount: answered + failed + connectionErrors,
    HTTPCode_Target_5XX_Count: failed,
    TargetConnectionErrorCount: connectionErrors,
  };
  const at = {
    Dimensions: [
      { Name: 'TargetGroup', Value: known(told.targetGroupArn.split(':').at(-1)) },
      { Name: 'LoadBalancer', Value: known(told.loadBalancerArn.split(':loadbalancer/').at(-1)) },
    ],
    Timestamp: new Date(fromMs + 1_000),
  };
  await cloudwatch.putMetricData({
    Namespace: 'AWS/ApplicationELB',
    MetricData: [
      ...Object.entries(counted)
        .filter(([, value]) => value > 0)
        .map(([MetricName, Value]) => ({ ...at, MetricName, Value })),
      ...Array.from({ length: latencyMs === undefined ? 0 : answered + failed }, () => ({
        ...at,
        MetricName: 'TargetResponseTime',
        Value: (latencyMs ?? 0) / 1_000,
      })),
    ],
  });
  cloudwatch.destroy();
  return { fromMs, toMs: thisMinute, periodSeconds };
}
