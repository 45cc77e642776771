import { DefaultLogger, Runtime } from '@temporalio/worker';

// The tests fail activities on purpose by the hundred; only errors of the workers themselves are worth a line.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
  shutdownSignals: [],
});
