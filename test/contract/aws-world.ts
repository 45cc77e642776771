import type { AwsClients } from '../../activities/aws-clients.js';
import type { Colour } from '../../domain/colour.js';
import type { ContainerRequest } from '../../domain/release-request.js';

/** An account in which a contract is tried: some implementer of AWS's API, with a load balancer and a cluster in it. */
export interface AwsWorld {
  readonly name: 'moto' | 'simulator';
  readonly clients: AwsClients;
  readonly cluster: string;
  readonly vpcId: string;
  readonly container: ContainerRequest;
  /** A service that answers its health checks. */
  readonly image: string;
  /** A service that ends as soon as it has started. */
  readonly brokenImage: string;
  readonly listenerArn: string;
  /** A free priority for a rule of the listener. */
  nextPriority(): number;
  /** Brings it about that the load balancer has counted this for the target group within the last minutes. */
  haveCounted(targetGroupArn: string, traffic: CountedTraffic): Promise<MeasuredWindow>;
  stop(): Promise<void>;
}

export interface CountedTraffic {
  readonly answered: number;
  readonly failed: number;
  readonly connectionErrors?: number;
  /** How long each answer takes, where that matters; else it takes as long as it takes. */
  readonly latencyMs?: number;
}

export interface MeasuredWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly periodSeconds: number;
}

export type TargetGroups = Readonly<Record<Colour, string>>;

let named = 0;

/** A name nobody in this process has used, fit for everything AWS names: `shop-3-x1y2`. */
export function uniqueName(stem: string): string {
  named += 1;
  return `${stem}-${named}-${process.pid.toString(36)}`;
}

export async function createTargetGroups(world: AwsWorld): Promise<TargetGroups> {
  return { blue: await createTargetGroup(world), green: await createTargetGroup(world) };
}

export async function createTargetGroup({ clients, vpcId }: AwsWorld): Promise<string> {
  const { TargetGroups } = await clients.elb.createTargetGroup({
    Name: uniqueName('tg'),
    Protocol: 'HTTP',
    Port: 80,
    VpcId: vpcId,
    TargetType: 'ip',
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 2,
  });
  return known(TargetGroups?.[0]?.TargetGroupArn);
}

/** A rule of its own path, which forwards to both; blue has everything. */
export async function createWeightedRule(world: AwsWorld, groups: TargetGroups): Promise<string> {
  const { Rules } = await world.clients.elb.createRule({
    ListenerArn: world.listenerArn,
    Priority: world.nextPriority(),
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [pathOf(groups.blue)] } }],
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: groups.blue, Weight: 100 },
            { TargetGroupArn: groups.green, Weight: 0 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
        },
      },
    ],
  });
  return known(Rules?.[0]?.RuleArn);
}

/** The path under which the rule made for this target group answers. */
export function pathOf(targetGroupArn: string): string {
  return `/${targetGroupArn.split('/').at(-1) ?? ''}`;
}

export function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('expected an answer of AWS to hold a value, found none');
  return value;
}
