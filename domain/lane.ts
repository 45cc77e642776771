/** One service in one environment: at most one release runs in it. */
export interface Lane {
  readonly environment: string;
  readonly service: string;
}

/** `<environment>/<service>`: the lane's name in the ledger, in search attributes and in messages. */
export function laneName(lane: Lane): string {
  return `${lane.environment}/${lane.service}`;
}

export function laneWorkflowId(lane: Lane): string {
  return `lane/${laneName(lane)}`;
}

export function releaseWorkflowId(lane: Lane, version: string): string {
  return `release/${laneName(lane)}/${version}`;
}

export function recoveryWorkflowId(lane: Lane, version: string): string {
  return `recover/${laneName(lane)}/${version}`;
}

/** The release id: what CI repeats, and what the ledger keys on within an environment. */
export function releaseId(service: string, version: string): string {
  return `${service}-${version}`;
}

/** Names one release everywhere: in messages, activities and the ledger. */
export interface ReleaseRef {
  readonly lane: Lane;
  readonly version: string;
}

/** `<service>-<version> in <environment>`, for people. */
export function describeRelease(release: ReleaseRef): string {
  return `${releaseId(release.lane.service, release.version)} in ${release.lane.environment}`;
}
