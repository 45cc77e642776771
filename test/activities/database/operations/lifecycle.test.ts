import { it } from 'vitest';
import { addColumnCases } from './add-column.cases.js';
import { createTableCases } from './create-table.cases.js';
import { liveThrough } from './lifecycle.js';

for (const lifecycle of [...createTableCases, ...addColumnCases]) {
  it(lifecycle.name, () => liveThrough(lifecycle));
}
