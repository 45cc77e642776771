import { type RuleName, isRuleName } from '../../../domain/lint/rules.js';
import type { LintFile } from './lint-file.js';
import type { LocatedHit } from './located-hit.js';

const comment = /--[ \t]*sluice-ignore\b[ \t]*:?[ \t]*(?<rule>[^\s]*)[ \t]*(?<reason>.*?)[ \t]*\r?$/gm;

/**
 * Takes out what a `-- sluice-ignore: rule reason` suppresses: findings of the statement it stands in, above, or behind on
 * the same line. A comment without a known rule or a reason suppresses nothing and is a finding; so is one for which there was nothing to find,
 * unless its rule `wasAsked` of nobody.
 */
export function suppress(
  file: LintFile,
  hits: readonly LocatedHit[],
  wasAsked: (rule: RuleName) => boolean,
): readonly LocatedHit[] {
  const left = new Set(hits);
  const about: LocatedHit[] = [];
  for (const { index: at, groups } of file.sql.matchAll(comment)) {
    const { rule = '', reason = '' } = groups ?? {};
    const complain = (name: RuleName, what: string) => about.push({ file, at, text: '', rule: name, what });
    if (!isRuleName(rule)) {
      complain('bad-suppression', rule === '' ? 'names no rule' : `names ${rule}, which is no rule`);
    } else if (reason === '') {
      complain('bad-suppression', `gives no reason why ${rule} is safe here`);
    } else {
      const target = standsAlone(file.sql, at) ? file.rangeAt(at) : file.rangeBefore(at);
      const found = hits.filter((hit) => hit.rule === rule && file.rangeAt(hit.at) === target);
      for (const hit of found) left.delete(hit);
      if (found.length === 0 && wasAsked(rule))
        complain('unused-suppression', `suppresses ${rule}, which is not found here`);
    }
  }
  return [...left, ...about];
}

function standsAlone(sql: string, at: number): boolean {
  return sql.slice(sql.lastIndexOf('\n', at) + 1, at).trim() === '';
}
