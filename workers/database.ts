/** What `sluice db` does with a database itself: without Temporal, and without a worker. */
export { lint } from '../activities/database/lint/lint.js';
export { standalone } from '../activities/database/standalone.js';
