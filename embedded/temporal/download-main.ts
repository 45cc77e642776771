// node download-main.js <folder> <version>: downloads by starting the server once, the only way the SDK offers.
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { onLeashCut } from '../leash.js';

const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined)
  throw new Error('Expected: download-main.js <folder> <version>');

onLeashCut(() => process.exit(1));
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir, version } },
});
await environment.teardown();
console.log('downloaded');
