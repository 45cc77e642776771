// A process that runs one `sluice` command after the other: to load what it is made of takes longer than most commands.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let printed = { stdout: '', stderr: '' };
const streams = { 1: 'stdout', 2: 'stderr' };

const { writeSync } = fs;
fs.writeSync = (fd, bytes, ...rest) => {
  if (!(fd in streams)) return writeSync(fd, bytes, ...rest);
  const text = Buffer.from(bytes).subarray(typeof rest[0] === 'number' ? rest[0] : 0);
  printed[streams[fd]] += text.toString('utf8');
  return text.length;
};
syncBuiltinESMExports();
for (const stream of Object.values(streams)) {
  process[stream].write = (chunk, ...rest) => {
    printed[stream] += String(chunk);
    rest.find((it) => typeof it === 'function')?.();
    return true;
  };
}
// Each command listens to SIGINT for as long as its process lives, and this one outlives them.
process.setMaxListeners(0);

const { runCommandLine } = await import('../../dist/client/command-line.js');

process.on('message', async ({ args, env, cwd }) => {
  printed = { stdout: '', stderr: '' };
  process.exitCode = undefined;
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  let broken;
  await runCommandLine(args).catch((error) => (broken = error));
  // Its folder may be taken away before the next command comes.
  process.chdir('/');
  process.send({ exitCode: broken === undefined ? (process.exitCode ?? 0) : 1, ...printed, broken: broken?.stack });
});
process.once('disconnect', () => process.exit(0));
process.send('ready');
