import type { BrakeLimits } from './brake-limits.js';
import type { Colour } from './colour.js';
import type { ReleaseRef } from './lane.js';
import type { MigrationFile, OperationFile } from './migration.js';
import type { JudgePolicy } from './verdict.js';

/** A manifest after parsing: what a person asked for. Durations are milliseconds, secrets are references only. */
export interface ReleaseRequest extends ReleaseRef {
  /** `name@sha256:…`; a tag is refused. */
  readonly image: string;
  /** Why an image from before a contract is released all the same. Absent: it is refused. */
  readonly acceptOlderImage?: string;
  readonly aws?: AwsRequest;
  readonly workload: WorkloadRequest;
  readonly traffic: TrafficRequest;
  readonly smoke: SmokeRequest;
  readonly canary: CanaryRequest;
  /** How long the old colour stays at full size after 100 %. */
  readonly warmWindowMs: number;
  /** How long the old version may linger (requests, tasks, database sessions) before a person is asked. */
  readonly patienceMs: number;
  readonly database?: DatabaseRequest;
}

/** Where the lane's services are, and as whom they are changed; what is not named is the worker's own. */
export interface AwsRequest {
  readonly region?: string;
  /** A role that trusts the worker's. */
  readonly roleArn?: string;
  /** What the role's trust policy asks for beside that. */
  readonly externalId?: string;
}

export interface WorkloadRequest {
  readonly cluster: string;
  readonly desiredCount: number;
  readonly colours: Readonly<Record<Colour, ColourRequest>>;
  readonly container: ContainerRequest;
  /** From the change of the service until all targets are healthy. */
  readonly rolloutTimeoutMs: number;
  /** How long ECS overlooks failing health checks of a new task; of a service that sluice creates. Absent: as the live one. */
  readonly healthCheckGraceSeconds?: number;
}

export interface ColourRequest {
  /** Name of the ECS service. */
  readonly service: string;
  readonly targetGroupArn: string;
}

/** What is absent is as in the version that is live. */
export interface ContainerRequest {
  readonly name: string;
  readonly port: number;
  readonly cpu: string;
  readonly memory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Environment variable → ECS `valueFrom` reference (an ARN or name; never the value). */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly executionRoleArn?: string;
  readonly taskRoleArn?: string;
  readonly subnets: readonly string[];
  readonly securityGroups?: readonly string[];
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopTimeoutSeconds?: number;
}

export interface TrafficRequest {
  /** The production rule; sluice is the only owner of its weights. */
  readonly ruleArn: string;
  /** The rule that lets the smoke test reach the idle colour. */
  readonly testRuleArn: string;
  /** How long a changed rule may take to reach every load balancer node: no task is stopped before that. */
  readonly settleMs: number;
}

export interface SmokeRequest {
  /** Where the load balancer answers, `https://…`. */
  readonly url: string;
  /** What makes the test rule match. */
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  /** Headers every answer must carry with just these values; one that names the version proves who answered. */
  readonly expectHeaders: Readonly<Record<string, string>>;
}

export interface CanaryStep {
  /** Per cent of the traffic, 1..99, ascending. */
  readonly weight: number;
  readonly bakeMs: number;
}

export interface CanaryRequest {
  readonly steps: readonly CanaryStep[];
  readonly judge: JudgePolicy;
  /** The metric source's grain in seconds: 60 for an Application Load Balancer’s CloudWatch metrics. */
  readonly periodSeconds: number;
  /** How late the source publishes a period: nothing is read before that, and what is missing then was not there. */
  readonly metricsLagMs: number;
  /** How often a bake is repeated after `inconclusive` or `unmeasurable` before an operator is asked. */
  readonly extraBakes: number;
}

export interface DatabaseRequest {
  /** `env:NAME`: the worker's environment variable that holds the connection URL. */
  readonly urlSecret: string;
  /** `application_name` of the service's sessions; `{version}` stands for the version. */
  readonly applicationName: string;
  readonly migrations: readonly MigrationFile[];
  /** Instead of SQL in phase folders. */
  readonly operations?: readonly OperationFile[];
  readonly lockTimeoutMs: number;
  /** What a backfill waits for, where the manifest states it. */
  readonly brakes?: Partial<BrakeLimits>;
  /** The share of the time that a backfill works, where the manifest states it. */
  readonly pace?: number;
  /** How many parts of a table a backfill works at at once, where the manifest states it. */
  readonly jobs?: number;
  /** How long there must have been no session of another version before contract. */
  readonly quietWindowMs: number;
  readonly contractApproval: 'automatic' | 'required';
  /** How long contract of operations keeps what it would drop. Absent: it drops it. */
  readonly keepForMs?: number;
  /** How long the rights to what goes are taken away before contract. Absent: they are not. */
  readonly softContractMs?: number;
  /** The oldest version that works after contract. Absent: this one. */
  readonly oldestVersion?: string;
}
