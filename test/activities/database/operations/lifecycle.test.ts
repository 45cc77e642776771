import { it } from 'vitest';
import { addColumnCases } from './add-column.cases.js';
import { alterColumnCases } from './alter-column.cases.js';
import { changeEnumCases } from './change-enum.cases.js';
import { columnExchangeCases } from './column-exchange.cases.js';
import { constraintCases } from './constraint.cases.js';
import { createTableCases } from './create-table.cases.js';
import { liveThrough } from './lifecycle.js';
import { moveColumnCases } from './move-column.cases.js';
import { partitionCases } from './partition.cases.js';
import { plainCases } from './plain.cases.js';
import { widenKeyCases } from './widen-key.cases.js';

for (const lifecycle of [
  ...createTableCases,
  ...addColumnCases,
  ...alterColumnCases,
  ...columnExchangeCases,
  ...constraintCases,
  ...plainCases,
  ...changeEnumCases,
  ...widenKeyCases,
  ...moveColumnCases,
  ...partitionCases,
]) {
  it(lifecycle.name, () => liveThrough(lifecycle));
}
