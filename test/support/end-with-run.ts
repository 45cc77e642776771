// A test process outlives the run that was killed until its tests are through, and so do the processes it started.
process.once('disconnect', () => process.exit(1));
