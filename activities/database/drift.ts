import { describeDifference, type SchemaDifference, type SchemaDrift } from '../../domain/schema-change.js';
import type { Connection } from './connection.js';
import { type Drift, findDrift, hasPictures, type PictureOwner } from './kept-pictures.js';
import type { Refusal } from './migration-check.js';

/** What a step of ours that has begun, and is not recorded yet, may have made different. */
export type Expected = (difference: SchemaDifference) => boolean;

/** Tables and views that are not as their migrations left them, and no step under way explains it; those that are over left out. */
export async function readDrift(
  connection: Connection,
  owners: readonly (PictureOwner & { readonly explains?: Expected })[],
): Promise<readonly Drift[]> {
  if (owners.length === 0 || !(await hasPictures(connection))) return [];
  const found = await findDrift(connection, { owners: owners.map(({ schema, version }) => ({ schema, version })) });
  return unexplained(
    found.filter(({ isOver }) => !isOver),
    (difference) => owners.some(({ explains }) => explains?.(difference) === true),
  );
}

/** What is left when `explains` has taken out what it knows; tables of which nothing is left are left out. */
export function unexplained(drifts: readonly Drift[], explains: Expected): readonly Drift[] {
  return drifts
    .map((drift) => ({ ...drift, differences: drift.differences.filter((difference) => !explains(difference)) }))
    .filter(({ differences }) => differences.length > 0);
}

/** A table of two migrations is told once. */
export function describeDrift(drifts: readonly Drift[]): readonly SchemaDrift[] {
  return drifts
    .filter(({ relation }, index) => drifts.findIndex((other) => other.relation === relation) === index)
    .map(({ relation, version, differences }) => ({ relation, leftBy: version, differences }));
}

export function refuseDrift(drifts: readonly Drift[]): readonly Refusal[] {
  return describeDrift(drifts).map(({ relation, leftBy, differences }) => ({
    code: 'schema-drift',
    message: `expected ${relation} as ${leftBy} left it, found it changed by somebody else: ${differences.map(describeDifference).map(clipped).join('; ')}. Put it back, or accept it with sluice db repair`,
  }));
}

/** All of a trigger is for `sluice db diff`. */
function clipped(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
