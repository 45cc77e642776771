import type { EcsClient } from './ecs-client.js';
import { findRevision, registerRevision } from './ecs-revisions.js';
import { observeService } from './ecs-rollout.js';
import { changeService, createService, findService, readService } from './ecs-services.js';
import type { WorkloadHost } from './workload-host.js';

export interface EcsWorkloadHostDeps {
  readonly ecs: EcsClient;
  /**
   * How long ECS may go on showing the state before an accepted change. Only after that long does another task
   * definition on the service mean that ours was replaced. Default 3 s.
   */
  readonly staleReadMs?: number;
}

/** ECS on Fargate: a revision is a task definition, tagged with its release. */
export function createEcsWorkloadHost({ ecs, staleReadMs = 3_000 }: EcsWorkloadHostDeps): WorkloadHost {
  return {
    findRevision: (query) => findRevision(ecs, query),
    registerRevision: (spec) => registerRevision(ecs, spec),
    readService: (ref) => readService(ecs, ref),
    findService: (ref) => findService(ecs, ref),
    createService: (spec) => createService(ecs, spec),
    changeService: (ref, state) => changeService(ecs, ref, state),
    observeService: (ref, state) => observeService({ ecs, ref, state, staleReadMs }),
  };
}
