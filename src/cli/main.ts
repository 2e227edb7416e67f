#!/usr/bin/env node
import { report } from './failure.js';
import { buildProgram } from './program.js';

// A reader that went away is told by the write that fails, see Output; the event as such must not end the process loudly.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

buildProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = report(error);
  });
