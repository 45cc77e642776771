import { createLogUpdate } from 'log-update';
import { createRowPace, describeRows } from '../domain/row-pace.js';
import type { SchemaProgress } from '../domain/schema-change.js';
import { colours } from './colours.js';
import { print } from './run.js';

/** Where the progress of a schema change is shown. */
export interface SchemaView {
  show(progress: SchemaProgress): void;
  close(): void;
}

/** One live line on a terminal; elsewhere, and with `--json` on stderr, a line for each file and one every five seconds. */
export function openSchemaView({ json }: { readonly json?: boolean }): SchemaView {
  const rowPace = createRowPace();
  const pace = (progress: SchemaProgress) => rowPace(progress, Date.now());
  if (json || !process.stdout.isTTY || process.env.TERM === 'dumb') {
    let last = { file: '', at: 0 };
    return {
      show(progress) {
        const text = progressText(progress, pace(progress));
        if (progress.isNotice !== true && progress.file === last.file && Date.now() - last.at < plainEveryMs) return;
        last = { file: progress.file, at: Date.now() };
        print(json ? 2 : 1, text);
      },
      close: () => {},
    };
  }
  const update = createLogUpdate(process.stdout, { showCursor: true });
  const show = (progress: SchemaProgress) => {
    const text = progressText(progress, pace(progress));
    if (progress.isNotice === true) update.persist(text);
    else update(text);
  };
  return { show, close: () => update.clear() };
}

const plainEveryMs = 5_000;
const width = 24;

export function progressText({ file, detail, rows }: SchemaProgress, rowsPerSecond: number): string {
  if (rows === undefined || rows.estimate === 0) return `${file}  ${colours.dim(detail)}`;
  const share = Math.min(1, rows.done / rows.estimate);
  const full = Math.round(share * width);
  const bar = `${colours.green('█'.repeat(full))}${colours.dim('░'.repeat(width - full))}`;
  return `${file}  ${bar} ${Math.round(share * 100)} %  ${describeRows(rows, rowsPerSecond)}`;
}
