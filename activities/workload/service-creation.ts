import type { CreateServiceCommandInput, Service } from '@aws-sdk/client-ecs';

import { ownTags } from './revision-registration.js';
import type { ServiceSpec } from './workload-host.js';

/**
 * A service like the template, with the request's task definition, network and target group. What sends traffic past the
 * rule is not taken over: Cloud Map, Service Connect and VPC Lattice would give it to a version nobody has judged.
 */
export function creationOf(spec: ServiceSpec, template?: Service): CreateServiceCommandInput {
  const { container } = spec;
  const grace = spec.healthCheckGraceSeconds ?? template?.healthCheckGracePeriodSeconds ?? 0;
  return {
    ...(template === undefined ? withoutTemplate : takeOver(template)),
    cluster: spec.cluster,
    serviceName: spec.service,
    clientToken: spec.token,
    taskDefinition: spec.taskDefinitionArn,
    desiredCount: spec.desiredCount,
    // The breaker ends the crash loop of a bad version also when sluice is down. Its own way back stays off: only
    // the ledger decides where a service goes back to, and a second hand would race with the undo.
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: true, rollback: false },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    },
    networkConfiguration: { awsvpcConfiguration: networkOf(spec, template) },
    loadBalancers: [
      { targetGroupArn: spec.targetGroupArn, containerName: container.name, containerPort: container.port },
    ],
    healthCheckGracePeriodSeconds: grace,
  };
}

const withoutTemplate = { launchType: 'FARGATE', propagateTags: 'TASK_DEFINITION' } as const;

/** Launch type and capacity providers exclude each other, and AWS answers with empty lists for what was never given. */
function takeOver(template: Service): Partial<CreateServiceCommandInput> {
  const { capacityProviderStrategy = [], launchType = 'FARGATE', tags = [], deployments = [] } = template;
  const volumes = deployments.find(({ status }) => status === 'PRIMARY')?.volumeConfigurations ?? [];
  const given = {
    ...(capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType }),
    platformVersion: template.platformVersion,
    enableExecuteCommand: template.enableExecuteCommand,
    enableECSManagedTags: template.enableECSManagedTags,
    propagateTags: template.propagateTags,
    availabilityZoneRebalancing: template.availabilityZoneRebalancing,
    placementConstraints: template.placementConstraints,
    placementStrategy: template.placementStrategy,
    volumeConfigurations: volumes,
    tags: [...ownTags(tags)],
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

function networkOf({ container }: ServiceSpec, template: Service | undefined) {
  const live = template?.networkConfiguration?.awsvpcConfiguration;
  const securityGroups = container.securityGroups ?? live?.securityGroups ?? [];
  return {
    subnets: [...container.subnets],
    securityGroups: [...securityGroups],
    assignPublicIp: live?.assignPublicIp ?? ('DISABLED' as const),
  };
}
