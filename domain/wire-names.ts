/** The task queues. Undo has its own, so that saturation cannot delay a rollback. */
export const releaseTaskQueue = 'sluice-release';
export const undoTaskQueue = 'sluice-undo';

/** Types of the workflows that are started by name. */
export const laneWorkflowType = 'lane';
export const reaperWorkflowType = 'reaper';
