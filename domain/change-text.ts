import { counted } from './counted.js';
import type { Change, SchemaState, ServiceState } from './effect.js';
import { describeWeights } from './traffic.js';

/** `service shop/shop-green back to 0 tasks of shop:7` */
export function describeUndo(change: Change): string {
  return `${describeResource(change)} back to ${describeState(change)}`;
}

/** `service shop/shop-green: 0 tasks of shop:7 → 2 tasks of shop:7` */
export function describeChange(before: Change, change: Change): string {
  return `${describeResource(change)}: ${describeState(before)} → ${describeState(change)}`;
}

function describeResource(change: Change): string {
  switch (change.kind) {
    case 'revision':
      return `task definition ${change.family} of ${change.releaseTag}`;
    case 'service':
      return `service ${change.cluster}/${change.service}`;
    case 'traffic':
      return `${change.rule} rule`;
    case 'schema':
      return 'schema';
    case 'rights':
      return 'rights of the old version';
  }
}

/** `blue 95, green 5`, `2 tasks of shop:7` */
export function describeState(change: Change): string {
  switch (change.kind) {
    case 'revision':
      return change.state;
    case 'service':
      return describeService(change.state);
    case 'traffic':
      return describeWeights(change.state);
    case 'schema':
      return describeSchema(change.state);
    case 'rights':
      return change.state === 'open' ? 'given' : 'taken away';
  }
}

function describeService(state: ServiceState): string {
  if (state === null) return 'none';
  const { desiredCount, taskDefinitionArn } = state;
  return `${counted(desiredCount, 'task')} of ${taskDefinitionArn.slice(taskDefinitionArn.lastIndexOf('/') + 1)}`;
}

function describeSchema(state: SchemaState): string {
  return state.length === 0 ? 'nothing applied' : state.map((version) => `V${version}`).join(', ');
}
