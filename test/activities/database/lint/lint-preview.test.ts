import { expect, it } from 'vitest';
import { lintPreviews } from '../../../../activities/database/lint/lint-preview.js';
import { migrationPreviews } from '../../../../activities/database/migration-preview.js';
import { files } from '../scratch.js';

const scripts = files({
  'expand/V1__t.sql': 'truncate t;',
  'expand/V2__t.sql': 'create table n (a timestamp); truncate t;',
  'contract/V3__t.sql': 'alter table t drop a;',
});

it('lints what is not applied yet, errors first', async () => {
  const pending = { expand: ['expand/V2__t.sql'], backfill: [], contract: ['contract/V3__t.sql'] };
  const { findings, more } = await lintPreviews(scripts, migrationPreviews(scripts, pending));
  expect(findings.map(({ file, rule }) => `${file} ${rule}`)).toEqual([
    'expand/V2__t.sql truncate',
    'expand/V2__t.sql prefer-timestamptz',
  ]);
  expect(more).toBe(0);
});

it('lints everything where nobody knows what is applied', async () => {
  const { findings } = await lintPreviews(scripts, migrationPreviews(scripts, undefined));
  expect(findings.filter(({ rule }) => rule === 'truncate')).toHaveLength(2);
});

it('answers with no more than fits into a message, and counts the rest', async () => {
  const many = files({ 'expand/V1__t.sql': 'truncate t;'.repeat(20_000) });
  const { findings, more } = await lintPreviews(many, migrationPreviews(many, undefined));
  expect({ found: findings.length, more }).toEqual({ found: 50, more: 19_950 });
});

it('has nothing to say where there is nothing to run', async () => {
  expect(await lintPreviews([], [])).toEqual({ findings: [], more: 0 });
});
