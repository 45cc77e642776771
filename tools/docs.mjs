// Writes docs/reference/ from the code; with --check, only says what is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { failures } from '../dist/domain/failure.js';
import { exits } from '../dist/client/exit-codes.js';

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url));

const pages = {
  'failure-codes.md': table(
    'Failure codes',
    ['code', 'retried by itself', 'who acts', 'what they do'],
    Object.entries(failures),
    ([code, failure]) => [`\`${code}\``, failure.retryable ? 'yes' : 'no', failure.actor, failure.remedy],
  ),
  'exit-codes.md': table(
    'Exit codes of `sluice`',
    ['code', 'name', 'meaning'],
    Object.entries(exits),
    ([name, exit]) => [String(exit.code), name, exit.meaning],
  ),
};

const stale = Object.entries(pages).filter(([name, text]) => read(name) !== text);
if (process.argv.includes('--check')) {
  for (const [name] of stale)
    console.error(`docs/reference/${name} is not what the code says; run \`node tools/docs.mjs\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [name, text] of stale) writeFileSync(path.join(folder, name), text);
}

function table(title, head, rows, cells) {
  const line = (parts) => `| ${parts.join(' | ')} |`;
  const body = [line(head), line(head.map(() => '---')), ...rows.map((row) => line(cells(row)))];
  return `# ${title}\n\nGenerated from the code by \`node tools/docs.mjs\`.\n\n${body.join('\n')}\n`;
}

function read(name) {
  try {
    return readFileSync(path.join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}
