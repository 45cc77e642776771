import { z } from 'zod';
import { aws } from './manifest-aws.js';
import { canary } from './manifest-canary.js';
import { duration } from './manifest-duration.js';
import { comparing, fillable, name, section, text } from './manifest-fields.js';
import { image } from './manifest-image.js';
import { refuseOtherPlaces } from './manifest-place.js';
import { expected } from './manifest-problem.js';
import { database, smoke, traffic } from './manifest-sections.js';
import { workload } from './manifest-workload.js';

export const apiVersion = 'sluice/v1';

/** The one schema of a manifest. Defaults are documented by what stands in `prefault`. */
export const manifestSchema = section(
  {
    apiVersion: z.literal(apiVersion, expected(apiVersion)).describe('The version of this format.'),
    kind: z.literal('Release', expected('Release')).describe('What the document is.'),
    environment: name('an environment').describe('Where it is released. With the service it names the lane.'),
    service: name('a service').describe('What is released; also the family of its task definitions.'),
    version: fillable(name('a version')).describe('Names the release in its lane; once, for one content.'),
    image: fillable(image).describe('What runs. A tag is refused: what was tested is what runs.'),
    acceptOlderImage: text(/^\S[^\r\n]{0,199}$/, 'the reason, a line of at most 200 characters')
      .optional()
      .describe(
        'Why an image from before a contract works all the same: it is released. For one release, never for the defaults of a service. Absent: it is refused.',
      ),
    aws: aws.optional().describe('Where the lane’s services are, and as whom they are changed.'),
    workload: workload.describe('The two ECS services, and what runs in them.'),
    traffic: traffic.describe('The rules of the load balancer.'),
    smoke: smoke.describe('What is asked of the new version before it gets traffic.'),
    canary: canary.describe('How carefully the new version gets its traffic.'),
    warmWindow: duration({ min: '0s' })
      .prefault('10m')
      .describe('How long the old version stays at full size after that, one weight change away.'),
    patience: duration({ min: '1s', max: '1d' })
      .prefault('15m')
      .describe('How long the old version’s last requests, tasks or sessions may linger before a person is asked.'),
    database: database.optional().describe('For a release that changes the schema.'),
  },
  'apiVersion, kind, environment, service, version, image, workload, traffic, smoke and canary',
).superRefine((manifest, ctx) => {
  for (const { path, message } of refuseOtherPlaces(manifest)) {
    ctx.addIssue({ code: 'custom', path: [...path], message });
  }
  const { database, version } = manifest;
  const pattern = database?.applicationName;
  if (typeof pattern !== 'string' || typeof version !== 'string') return;
  const length = pattern.replace('{version}', version).length;
  if (length <= 63) return;
  const message = `expected at most 63 characters with the version in it, found ${length}: Postgres would cut it`;
  ctx.addIssue({ code: 'custom', path: ['database', 'applicationName'], message });
}, comparing);
