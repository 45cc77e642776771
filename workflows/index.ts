export { lane } from './lane.js';
export { reaper } from './reaper.js';
export { recover } from './recover.js';
export { release } from './release.js';
