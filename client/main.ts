#!/usr/bin/env node
import { runCommandLine } from './command-line.js';
import { endAsBySigpipe } from './run.js';

// Commander prints help on the streams themselves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', endAsBySigpipe);

await runCommandLine(process.argv.slice(2));
