import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../activities/admission/request-schema.js';
import { validManifest, validMigrations } from './valid-manifest.js';

const roleArn = 'arn:aws:iam::123456789012:role/shop';

function parsed(aws: unknown) {
  // The rest of the manifest lies where the section says.
  const [region = 'eu-central-1'] = /[a-z]{2}(-[a-z]+)+-\d/.exec(JSON.stringify(aws)) ?? [];
  const there = JSON.stringify(validManifest()).replaceAll('eu-central-1', region);
  return parseManifest({ manifest: { ...(JSON.parse(there) as object), aws }, migrations: validMigrations }, []);
}

describe('the aws section', () => {
  it.each([
    ['a region', { region: 'ap-southeast-2' }],
    ['a role', { roleArn }],
    ['all there is', { region: 'us-gov-west-1', roleArn, externalId: 'sluice/shop:1' }],
  ])('may name %s', (_what, aws) => {
    expect(parsed(aws)).toMatchObject({ request: { aws } });
  });

  it('may be left out', () => {
    const { aws: _aws, ...manifest } = validManifest();
    expect(parseManifest({ manifest, migrations: validMigrations }, [])).not.toHaveProperty('request.aws');
  });

  it.each([
    ['nothing', {}, ['aws']],
    ['an external id without a role', { region: 'eu-central-1', externalId: 'sluice' }, ['aws', 'externalId']],
    ['what is no region', { region: 'Frankfurt' }, ['aws', 'region']],
    ['what is no role', { roleArn: 'arn:aws:iam::123456789012:user/ann' }, ['aws', 'roleArn']],
    ['an access key', { roleArn, accessKeyId: 'AKIA' }, ['aws', 'accessKeyId']],
  ])('is refused with %s', (_what, aws, path) => {
    expect(parsed(aws)).toMatchObject({ problems: [{ path }] });
  });
});
