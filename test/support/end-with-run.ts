// A test process outlives the run that was killed until its tests are through, and so do the processes it started.
// Files that share a process come by here one after the other.
if (!process.listeners('disconnect').some(({ name }) => name === endWithRun.name))
  process.once('disconnect', endWithRun);

function endWithRun(): never {
  process.exit(1);
}
