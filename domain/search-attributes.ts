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
