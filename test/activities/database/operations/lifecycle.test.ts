import { it } from 'vitest';
import { addColumnCases } from './add-column.cases.js';
import { alterColumnCases } from './alter-column.cases.js';
import { createTableCases } from './create-table.cases.js';
import { liveThrough } from './lifecycle.js';

for (const lifecycle of [...createTableCases, ...addColumnCases, ...alterColumnCases]) {
  it(lifecycle.name, () => liveThrough(lifecycle));
}
