import type { QuestionActivities, ReleaseActivities, UndoActivities } from '../activities/index.js';

type ActivityName = keyof QuestionActivities | keyof ReleaseActivities | keyof UndoActivities;

/** What an activity is at, in the words of the runbook. Total: one that has no words does not compile. */
const words: Readonly<Record<ActivityName, string>> = {
  admit: 'admit',
  provision: 'provision',
  migrate: 'schema change',
  closeOld: 'soft contract',
  countReopened: 'look whether it is still closed',
  tune: 'tune the backfill',
  deploy: 'deploy',
  awaitRollout: 'await healthy',
  smoke: 'smoke',
  shift: 'shift',
  watchRule: 'watch the rule',
  measure: 'judge',
  awaitNoRequests: 'await no requests',
  retire: 'retire',
  awaitRetired: 'await retired',
  awaitContractEvidence: 'prove old version gone',
  beginWayBack: 'begin way back',
  undo: 'undo',
  skipUndo: 'write down what was done by hand',
  skipContract: 'write down that contract was run by hand',
  skipSoftContract: 'give the rights back that the soft contract has taken away',
  proveWayBack: 'prove way back',
  endRelease: 'write down the end',
  registerRelease: 'write down what was submitted',
  withdrawRelease: 'take it out of the lane',
  openReleases: 'look what waits in the lane',
  followRun: 'follow the run',
  wakeLanes: 'wake the lanes',
  history: 'read the history',
  plan: 'plan',
  releaseLog: 'read the log',
  checkup: 'look for what is broken',
  liveService: 'read the live service',
};

/** Those of a newer worker's activity are its name. */
export function activityWords(name: string): string {
  return isKnown(name) ? words[name] : name;
}

/** Goes along with a step that is told already, and is no news of its own as long as it is well. */
export function goesAlong(name: string): boolean {
  return name === ('watchRule' satisfies ActivityName);
}

function isKnown(name: string): name is ActivityName {
  return Object.hasOwn(words, name);
}
