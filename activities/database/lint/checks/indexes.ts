import { hasOption, nameOf, nameOfParts } from '../tree.js';
import type { Check } from '../visit.js';

export const checkIndexes: Check = function* ({ statement, file, schema, facts }) {
  const { node } = statement;
  if ('IndexStmt' in node) {
    const { idxname, relation, concurrent, if_not_exists: ifNotExists } = node.IndexStmt;
    const table = nameOf(relation);
    const index = `${idxname === undefined ? 'an index' : `the index ${idxname}`} on ${table}`;
    const only = relation?.inh !== true;
    if (concurrent === true) {
      if (only || facts?.tables.get(table)?.partitioned === true) {
        yield { rule: 'concurrent-index-on-parent', what: `creates ${index}, concurrently on a partitioned table` };
      }
      if (ifNotExists === true)
        yield { rule: 'concurrent-index-if-not-exists', what: `creates ${index} if there is none` };
    } else if (!only && !schema.isNew(table, file)) {
      // On ONLY a partitioned table the index is made empty and invalid, until its parts are attached.
      yield { rule: 'index-without-concurrently', what: `creates ${index}`, tables: [table] };
    }
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX' && node.DropStmt.concurrent !== true) {
    const names = (node.DropStmt.objects ?? []).map(nameOfParts);
    yield { rule: 'drop-index-without-concurrently', what: `drops the index ${names.join(', ')}` };
  }
  if ('ReindexStmt' in node && !hasOption(node.ReindexStmt.params, 'concurrently')) {
    const { kind, relation, name } = node.ReindexStmt;
    const table = kind === 'REINDEX_OBJECT_TABLE' ? [nameOf(relation)] : undefined;
    const what = `rebuilds ${relation === undefined ? (name ?? 'all indexes') : nameOf(relation)}`;
    yield { rule: 'reindex-without-concurrently', what, ...(table === undefined ? {} : { tables: table }) };
  }
};
