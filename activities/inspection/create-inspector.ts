import type { LedgerFacts } from '../../domain/doctor/facts.js';
import type { AwsAccount } from '../aws-account.js';
import type { Secrets } from '../secrets.js';
import { createAlbInspection } from './alb-inspection.js';
import { readAwsClock } from './aws-clock.js';
import { tryPermissions } from './aws-permissions.js';
import { inspectDatabase } from './database-inspection.js';
import { inspectService } from './ecs-inspection.js';
import type { Inspector } from './inspector.js';
import { reach } from './smoke-inspection.js';

export interface InspectorParts extends AwsAccount {
  readonly secrets: Secrets;
  readonly ledger: { readFacts(): Promise<LedgerFacts> };
}

const measuredPeriods = 5;

export function createInspector({ aws, platform, secrets, ledger }: InspectorParts): Inspector {
  const { router, metrics } = platform;
  return {
    ...createAlbInspection(aws.elb),
    reach,
    readLedger: () => ledger.readFacts(),
    readAwsClock: () => readAwsClock(aws.elb),
    tryPermissions: (request) => tryPermissions(aws, request),
    readTargets: (targetGroupArn) => router.readTargets(targetGroupArn),
    readService: (service) => inspectService(aws.ecs, service),
    measure({ canary: { periodSeconds, metricsLagMs } }, targetGroups) {
      const toMs = Date.now() - metricsLagMs;
      const fromMs = toMs - measuredPeriods * periodSeconds * 1_000;
      return metrics.measure({ targetGroups, fromMs, toMs, periodSeconds });
    },
    readDatabase: (database) => inspectDatabase(secrets, database),
  };
}
