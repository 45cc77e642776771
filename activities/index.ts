import type { Client } from '@temporalio/client';
import type { ReleaseRef } from '../domain/lane.js';
import type { Actuators } from './actuator.js';
import { createAdmissionActivities } from './admission/admission.js';
import { readRequest } from './admission/read-request.js';
import { createEvidenceActivities } from './contract-evidence.js';
import type { CrashAt } from './crash-point.js';
import { createSchemaActuator, readMigration } from './database/schema-actuator.js';
import type { SchemaEngine } from './database/schema-engine.js';
import type { EffectTools } from './effect.js';
import type { Ledger } from './ledger/ledger.js';
import { createMetricActivities } from './metrics/measure.js';
import type { MetricSource } from './metrics/metric-source.js';
import { createEffectActivities } from './release-effects.js';
import { createPresence } from './presence.js';
import type { Secrets } from './secrets.js';
import { createSmokeActivities } from './smoke/smoke.js';
import { createSupervisionActivities } from './supervision.js';
import { createTrafficActuator } from './traffic/traffic-actuator.js';
import type { TrafficRouter } from './traffic/traffic-router.js';
import { createWayBackActivities } from './way-back.js';
import { createRevisionActuator } from './workload/revision-actuator.js';
import { createRollout } from './workload/rollout.js';
import { createServiceActuator } from './workload/service-actuator.js';
import type { WorkloadHost } from './workload/workload-host.js';

/** Every system the activities touch; built by the worker, by nobody else. */
export interface World {
  readonly ledger: Ledger;
  readonly host: WorkloadHost;
  readonly router: TrafficRouter;
  readonly metrics: MetricSource;
  readonly engine: SchemaEngine;
  readonly secrets: Secrets;
  readonly client: Client;
  readonly crash: CrashAt;
}

/** The activities of the release task queue, and those of the undo task queue. */
export function createActivities(world: World) {
  const { ledger, host, router, metrics, engine, secrets, client, crash } = world;
  const request = (release: ReleaseRef) => readRequest(ledger, release);
  const migration = (release: ReleaseRef) => readMigration({ readRequest: request, secrets }, release);
  const actuators: Actuators = {
    revision: createRevisionActuator({ host, readRequest: request }),
    service: createServiceActuator({ host, router, readRequest: request }),
    traffic: createTrafficActuator(router),
    schema: createSchemaActuator({ engine, readRequest: request, secrets }),
  };
  const tools: EffectTools = { ledger, actuators, crash };
  const presence = createPresence({ host, router, metrics });
  const rollout = createRollout({ host, router, readRequest: request });
  const admission = createAdmissionActivities({ ledger, router, engine, readMigration: migration });
  const { endRelease } = admission;
  return {
    release: {
      ...admission,
      ...createEffectActivities(tools, { host, presence, engine, readMigration: migration }),
      awaitRollout: rollout.awaitRollout,
      ...createSmokeActivities(request),
      ...createMetricActivities({ metrics, readRequest: request }),
      ...createEvidenceActivities({ presence, engine, readRequest: request, readMigration: migration }),
      ...createSupervisionActivities({ ledger, client }),
    },
    undo: {
      ...createWayBackActivities(tools, {
        presence,
        engine,
        readMigration: migration,
        awaitHealthy: rollout.awaitHealthy,
      }),
      endRelease,
    },
  };
}

export type ReleaseActivities = ReturnType<typeof createActivities>['release'];
export type UndoActivities = ReturnType<typeof createActivities>['undo'];
