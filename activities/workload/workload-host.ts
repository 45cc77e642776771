import type { ServiceState } from '../../domain/effect.js';
import type { FoundService } from '../../domain/plan.js';
import type { ContainerRequest } from '../../domain/release-request.js';

/**
 * Where versions run. Every verb is "make it so" or a read; the caller decides order, fencing and retries.
 * Errors are ReleaseErrors: `aws-throttled`, `aws-unreachable` (outcome unknown), `aws-credentials`, `aws-refused`, `rollout-failed`.
 */
export interface WorkloadHost {
  /** The active revision that carries the release's tag, if there is one. */
  findRevision(query: RevisionQuery): Promise<string | undefined>;
  /**
   * Registers the version. Not idempotent by itself: the platform has no token for it, so look first. `plan-refused`
   * when the template does not have the container.
   */
  registerRevision(spec: RevisionSpec): Promise<string>;

  readService(service: ServiceRef): Promise<ServiceState>;
  /** `null` when there is none. */
  findService(service: ServiceRef): Promise<FoundService | null>;
  /** Creates the service at the given size, attached to its target group. A repeat with the same token is the same service. */
  createService(spec: ServiceSpec): Promise<void>;
  /** Asks for a revision and size; returns as soon as the platform has accepted it. */
  changeService(service: ServiceRef, state: NonNullable<ServiceState>): Promise<void>;
  /** How far the platform is with `state`. */
  observeService(service: ServiceRef, state: NonNullable<ServiceState>): Promise<Rollout>;
}

export interface ServiceRef {
  readonly cluster: string;
  readonly service: string;
}

export interface RevisionQuery {
  readonly family: string;
  readonly releaseTag: string;
}

export interface RevisionSpec extends RevisionQuery {
  readonly image: string;
  readonly container: ContainerRequest;
  /** The service whose revision the new one is like in all that is not stated here; where there is none, AWS's defaults. */
  readonly template?: ServiceRef;
}

export interface ServiceSpec extends ServiceRef {
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly targetGroupArn: string;
  readonly container: Pick<ContainerRequest, 'name' | 'port' | 'subnets' | 'securityGroups'>;
  readonly healthCheckGraceSeconds?: number;
  /** The service the new one is like in all that is not stated here; Fargate without a public address where there is none. */
  readonly template?: ServiceRef;
  /** At most 36 ASCII characters; the same service for the same token. */
  readonly token: string;
}

/** A rollout as far as the platform knows; target health is the traffic router's to say. */
export type Rollout =
  | { readonly kind: 'in-progress'; readonly running: number; readonly detail: string }
  /** `addresses`: private IPs of the running tasks of the wanted revision. */
  | { readonly kind: 'completed'; readonly running: number; readonly addresses: readonly string[] }
  /** The platform gave up or went back by itself (circuit breaker), or another deployment has replaced ours. */
  | { readonly kind: 'failed'; readonly reason: string };
