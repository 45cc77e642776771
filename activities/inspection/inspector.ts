import type {
  ClockReading,
  DatabaseFacts,
  LedgerFacts,
  PermissionFacts,
  RuleFacts,
  ServiceFacts,
  SmokeFacts,
  TargetFacts,
  TargetGroupFacts,
} from '../../domain/doctor/facts.js';
import type { Colour } from '../../domain/colour.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Measurement } from '../../domain/verdict.js';
import type { ServiceRef } from '../workload/workload-host.js';

/**
 * Looks at the world for people; no release depends on it, and nothing is changed by it. Errors are ReleaseErrors:
 * `aws-throttled`, `aws-unreachable`, `aws-credentials`, `aws-refused`, `ledger-unreachable`, `database-unreachable`, `secret-missing`.
 */
export interface Inspector {
  readLedger(): Promise<LedgerFacts>;
  readAwsClock(): Promise<ClockReading>;
  /** Of the calls that need no names; with a release also of those that change something, as far as can be known. */
  tryPermissions(request?: ReleaseRequest): Promise<readonly PermissionFacts[]>;
  readRule(ruleArn: string): Promise<RuleFacts>;
  /** All rules of a listener, the default one included. */
  readRules(listenerArn: string): Promise<readonly RuleFacts[]>;
  /** Where the listener answers: `https://shop.example.com`. */
  readAddress(listenerArn: string): Promise<string>;
  /** One GET, of the live version; whatever comes of it is an answer. */
  reach(url: URL): Promise<SmokeFacts>;
  readTargetGroup(targetGroupArn: string): Promise<TargetGroupFacts>;
  readTargets(targetGroupArn: string): Promise<readonly TargetFacts[]>;
  /** `null` when there is none. */
  readService(service: ServiceRef): Promise<ServiceFacts | null>;
  /** The newest periods that can have been published. */
  measure(request: ReleaseRequest, targetGroups: Readonly<Record<Colour, string>>): Promise<Measurement>;
  readDatabase(database: NonNullable<ReleaseRequest['database']>): Promise<DatabaseFacts>;
}

/** Looks with the role and in the region a request names; with the worker's own where it names none. */
export type InspectorOf = (request: Pick<ReleaseRequest, 'aws'>) => Inspector;
