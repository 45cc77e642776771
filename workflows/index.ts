export { lane } from './lane.js';
export { checkup, history, liveService, plan, releaseLog } from './questions.js';
export { reaper } from './reaper.js';
export { recover } from './recover.js';
export { release } from './release.js';
