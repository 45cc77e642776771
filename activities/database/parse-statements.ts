import { hasSqlDetails, type Node, parseSync } from 'libpg-query';
import { splitStatements } from './sql-statements.js';

/** Each statement as the server reads it; `undefined` for one that it would refuse. The module of the grammar is loaded. */
export function parseStatements(sql: string): readonly (Node | undefined)[] {
  return splitStatements(sql).map(({ text }) => {
    try {
      return parseSync(text).stmts?.[0]?.stmt;
    } catch (error) {
      if (error instanceof Error && hasSqlDetails(error)) return undefined;
      throw error;
    }
  });
}
