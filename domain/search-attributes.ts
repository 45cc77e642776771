import { type Lane, laneName } from './lane.js';

/** What an operator can list releases by, in the Temporal UI and with every worker down. All are keywords. */
export const searchAttributeNames = [
  'SluiceLane',
  'SluiceService',
  'SluiceEnvironment',
  'SluiceVersion',
  'SluicePhase',
  'SluiceOutcome',
] as const;

export type SearchAttributeName = (typeof searchAttributeNames)[number];

/** What a lane's runs are listed by, whoever starts them. */
export function laneAttributes(lane: Lane): readonly (readonly [SearchAttributeName, string])[] {
  return [
    ['SluiceLane', laneName(lane)],
    ['SluiceService', lane.service],
    ['SluiceEnvironment', lane.environment],
  ];
}

/** The one line of the Temporal UI's list. */
export function laneSummary({ environment, service }: Lane): string {
  return `releases of ${service} in ${environment}, one at a time`;
}

/** `temporal.api.enums.v1.IndexedValueType` */
export const keywordType = 2;

export interface SearchAttributesFound {
  readonly missing: readonly SearchAttributeName[];
  /** There, but of another type: nothing can be listed by them, and Temporal changes no type. */
  readonly mistyped: readonly SearchAttributeName[];
}

/** Compares what a namespace has, name → type, with what sluice needs. */
export function compareSearchAttributes(found: Readonly<Record<string, number>>): SearchAttributesFound {
  return {
    missing: searchAttributeNames.filter((name) => found[name] === undefined),
    mistyped: searchAttributeNames.filter((name) => found[name] !== undefined && found[name] !== keywordType),
  };
}
