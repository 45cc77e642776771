import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { ReleaseRef } from '../domain/lane.js';
import type { Actuators } from './actuator.js';
import { createAdmissionActivities } from './admission/admission.js';
import { createLivePlan } from './admission/live-plan.js';
import { readRequest } from './admission/read-request.js';
import { createEvidenceActivities } from './contract-evidence.js';
import type { CrashAt } from './crash-point.js';
import { createRightsActuator } from './database/rights-actuator.js';
import { createSchemaActuator, readMigration } from './database/schema-actuator.js';
import type { SchemaEngine } from './database/schema-engine.js';
import { createEffectMeter } from './effect-meter.js';
import type { EffectTools } from './effect.js';
import type { InspectorOf } from './inspection/inspector.js';
import type { Ledger } from './ledger/ledger.js';
import { createMetricActivities } from './metrics/measure.js';
import type { PlatformOf } from './platform.js';
import { createEffectActivities } from './release-effects.js';
import { createPresence } from './presence.js';
import { createRunNews } from './run-news.js';
import { createCheckupQuestion } from './questions/checkup.js';
import { createHistoryQuestion } from './questions/history.js';
import { createPlanQuestion } from './questions/plan.js';
import { createLiveServiceQuestion } from './questions/live-service.js';
import { createReleaseLogQuestion } from './questions/release-log.js';
import type { Secrets } from './secrets.js';
import { createSmokeActivities } from './smoke/smoke.js';
import { createSupervisionActivities } from './supervision.js';
import { createRuleWatch } from './traffic/rule-watch.js';
import { createTrafficActuator } from './traffic/traffic-actuator.js';
import { createTuningActivities } from './tuning.js';
import { createWayBackActivities } from './way-back.js';
import { createRevisionActuator } from './workload/revision-actuator.js';
import { createRollout } from './workload/rollout.js';
import { createServiceActuator } from './workload/service-actuator.js';

/** Every system the activities touch; built by the worker, by nobody else. */
export interface World {
  readonly ledger: Ledger;
  readonly platformOf: PlatformOf;
  readonly engine: SchemaEngine;
  readonly secrets: Secrets;
  readonly inspectorOf: InspectorOf;
  readonly client: Client;
  readonly crash: CrashAt;
  readonly meter: MetricMeter;
}

/** The activities of the release task queue, and those of the undo task queue. */
export function createActivities(world: World) {
  const { ledger, platformOf, engine, secrets, inspectorOf, client, crash, meter } = world;
  const request = (release: ReleaseRef) => readRequest(ledger, release);
  const migration = (release: ReleaseRef) => readMigration({ readRequest: request, secrets }, release);
  const actuators: Actuators = {
    revision: createRevisionActuator({ platformOf, readRequest: request }),
    service: createServiceActuator({ platformOf, readRequest: request }),
    traffic: createTrafficActuator({ platformOf, readRequest: request }),
    schema: createSchemaActuator({ engine, readRequest: request, secrets, tellRun: createRunNews(client) }),
    rights: createRightsActuator({ engine, readRequest: request, secrets }),
  };
  const tools: EffectTools = { ledger, actuators, crash, meter: createEffectMeter(meter) };
  const presence = createPresence(platformOf);
  const rollout = createRollout({ platformOf, readRequest: request });
  const live = createLivePlan({ platformOf, engine, secrets });
  const admission = createAdmissionActivities({ ledger, live });
  const { endRelease } = admission;
  const questions = {
    ...createHistoryQuestion(ledger),
    ...createPlanQuestion({ ledger, live }),
    ...createReleaseLogQuestion(ledger),
    ...createCheckupQuestion(inspectorOf),
    ...createLiveServiceQuestion(inspectorOf),
  };
  return {
    questions,
    release: {
      ...questions,
      ...admission,
      ...createEffectActivities(tools, { platformOf, presence, engine, readMigration: migration }),
      ...createTuningActivities({ engine, readMigration: migration }),
      awaitRollout: rollout.awaitRollout,
      ...createSmokeActivities(request),
      ...createMetricActivities({ platformOf, readRequest: request }),
      ...createRuleWatch({ platformOf, readRequest: request }),
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

type Activities = ReturnType<typeof createActivities>;

/** They only read; they are run on the release task queue, too. */
export type QuestionActivities = Activities['questions'];
export type ReleaseActivities = Omit<Activities['release'], keyof QuestionActivities>;
export type UndoActivities = Activities['undo'];
