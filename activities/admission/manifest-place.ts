import type { ManifestProblem } from './manifest-problem.js';

interface Place {
  readonly region: string;
  readonly account: string;
}

/** As far as it could be read. */
interface Placed {
  readonly aws?: { readonly region?: unknown } | undefined;
  readonly workload?: Readonly<Partial<Record<'cluster' | 'blue' | 'green', unknown>>>;
  readonly traffic?: Readonly<Partial<Record<'ruleArn' | 'testRuleArn', unknown>>>;
}

/** A load balancer forwards within its own account and region, and all of a lane is read and changed in one of each. */
export function refuseOtherPlaces({ aws, workload, traffic }: Placed): ManifestProblem[] {
  const place = placeOf(traffic?.ruleArn);
  if (place === undefined) return [];
  const others: [ManifestProblem['path'], unknown][] = [
    [['traffic', 'testRuleArn'], traffic?.testRuleArn],
    [['workload', 'blue', 'targetGroupArn'], groupOf(workload?.blue)],
    [['workload', 'green', 'targetGroupArn'], groupOf(workload?.green)],
    [['workload', 'cluster'], workload?.cluster],
  ];
  const problems = others.flatMap(([path, arn]) => {
    const found = placeOf(arn);
    if (found === undefined || (found.region === place.region && found.account === place.account)) return [];
    return [{ path, message: `expected it in ${named(place)}, where traffic.ruleArn is; found it in ${named(found)}` }];
  });
  const region = aws?.region;
  if (typeof region !== 'string' || !/^[a-z0-9-]+$/.test(region) || region === place.region) return problems;
  const message = `expected ${place.region}, where traffic.ruleArn is; found ${JSON.stringify(region)}`;
  return [...problems, { path: ['aws', 'region'], message }];
}

function groupOf(colour: unknown): unknown {
  return typeof colour === 'object' && colour !== null && 'targetGroupArn' in colour
    ? colour.targetGroupArn
    : undefined;
}

function placeOf(arn: unknown): Place | undefined {
  // Not made a text of: a mapping may say that it has no such form, and that would be an error of ours.
  const [, region, account] =
    /^arn:[a-z-]+:[a-z]+:([a-z0-9-]+):(\d{12}):/.exec(typeof arn === 'string' ? arn : '') ?? [];
  return region === undefined || account === undefined ? undefined : { region, account };
}

function named({ region, account }: Place): string {
  return `account ${account}, region ${region}`;
}
