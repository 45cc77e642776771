import type { Colour } from '../colour.js';
import type { Measurement } from '../verdict.js';
import type { Seen } from './finding.js';

// What the doctor looked at, as plain data. Reading it changes nothing, and no secret is in it.

/** A clock read by somebody whose own stood between `from` and `to` meanwhile. All are epoch milliseconds. */
export interface ClockReading {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** The smallest step that clock shows; 1,000 for a Date header. */
  readonly grainMs: number;
}

/** What a client sees in Temporal by itself. */
export interface TemporalFacts {
  /** `127.0.0.1:7233 (from TEMPORAL_ADDRESS)` */
  readonly where: string;
  readonly serverVersion: string;
  readonly namespace: string;
  /** Of the workers this client asks. */
  readonly taskQueuePrefix: string;
  /** Custom search attributes, name → type; absent where the namespace is. */
  readonly searchAttributes?: Readonly<Record<string, number>>;
  /** Absent when there is no such schedule. */
  readonly reaper?: { readonly everyMs: number; readonly paused: boolean };
  readonly pollers: readonly PollerFacts[];
}

export interface PollerFacts {
  readonly queue: string;
  readonly kind: 'workflows' | 'activities';
  /** `development`, or empty where the worker names none. */
  readonly buildId: string;
  /** `4711@host` */
  readonly identity: string;
}

/** What a worker sees of everything else. */
export interface WorkerFacts {
  /** Its own clock while it answered. */
  readonly at: number;
  readonly ledger: Seen<LedgerFacts>;
  readonly awsClock: Seen<ClockReading>;
  readonly permissions: readonly PermissionFacts[];
  /** With a manifest only. */
  readonly service?: ReleaseFacts;
}

export interface LedgerFacts {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
  readonly clock: ClockReading;
}

export interface PermissionFacts {
  /** `elasticloadbalancing:ModifyRule` */
  readonly action: string;
  /** `unknown`: AWS gave no answer that says. */
  readonly outcome: 'allowed' | 'denied' | 'unknown';
  readonly detail: string;
}

/** Everything one release would touch. */
export interface ReleaseFacts {
  readonly rule: Seen<RuleFacts>;
  readonly testRule: Seen<RuleFacts>;
  readonly colours: Readonly<Record<Colour, ColourFacts>>;
  readonly metrics: Seen<Measurement>;
  readonly smoke: SmokeFacts;
  readonly database?: Seen<DatabaseFacts>;
}

export interface ColourFacts {
  readonly targetGroup: Seen<TargetGroupFacts>;
  readonly targets: Seen<readonly TargetFacts[]>;
  /** `null`: there is none. */
  readonly service: Seen<ServiceFacts | null>;
}

export interface RuleFacts {
  readonly arn: string;
  readonly listenerArn: string;
  /** Lower is asked first; a listener’s default rule, which is asked last, has 50,001. */
  readonly priority: number;
  /** Target group ARN → weight. */
  readonly weights: Readonly<Record<string, number>>;
  readonly stickinessSeconds: number;
  /** Header name → values of which one must match. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Patterns of which one must match the host; any host when there is none. */
  readonly hosts: readonly string[];
  /** The same for the path. */
  readonly paths: readonly string[];
}

/** What the live version’s health path answered where the smoke test will ask. */
export type SmokeFacts =
  | { readonly url: string; readonly kind: 'answered'; readonly status: number }
  /** The certificate is not one for that host, or not one the worker trusts. */
  | { readonly url: string; readonly kind: 'untrusted'; readonly reason: string }
  | { readonly url: string; readonly kind: 'unreachable'; readonly reason: string };

export interface TargetGroupFacts {
  readonly arn: string;
  readonly name: string;
  readonly targetType: string;
  readonly port: number;
  readonly deregistrationDelaySeconds: number;
  /** Clients are kept on one target of the group. */
  readonly sticky: boolean;
  readonly healthCheck: {
    readonly path: string;
    readonly intervalSeconds: number;
    readonly healthyThreshold: number;
  };
}

export interface TargetFacts {
  readonly address: string;
  readonly health: string;
  readonly reason?: string;
}

export interface ServiceFacts {
  readonly cluster: string;
  readonly service: string;
  /** `ACTIVE` */
  readonly status: string;
  readonly desiredCount: number;
  /** How long ECS looks over failing checks of a task that starts. */
  readonly healthCheckGraceSeconds: number;
  /** `ECS`, `CODE_DEPLOY`, `EXTERNAL` */
  readonly controller: string;
  /** ECS goes back by itself when a deployment fails. */
  readonly rollsBackByItself: boolean;
  readonly attachments: readonly {
    readonly targetGroupArn: string;
    readonly container: string;
    readonly port: number;
  }[];
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly revision: RevisionFacts;
}

export interface RevisionFacts {
  readonly arn: string;
  readonly family: string;
  readonly cpu: string;
  readonly memory: string;
  readonly executionRoleArn?: string;
  readonly taskRoleArn?: string;
  readonly containers: readonly ContainerFacts[];
}

export interface ContainerFacts {
  readonly name: string;
  /** As the task definition names it. */
  readonly image: string;
  /** `sha256:…` of what runs; absent when nothing does. */
  readonly digest?: string;
  readonly ports: readonly number[];
  readonly stopTimeoutSeconds: number;
  /** Variables that look like no secret, with their values. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that look like secrets; their values stay where they are. */
  readonly hidden: readonly string[];
  /** Variable → reference. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface DatabaseFacts {
  /** `server_version_num`: 160004 */
  readonly version: number;
  /** `application_name` of the sessions of any version → how many. */
  readonly sessions: Readonly<Record<string, number>>;
}
