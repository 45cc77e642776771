import { XMLValidator } from 'fast-xml-parser';
import { expect } from 'vitest';

/** Of a page that is well-formed, each graph by its title, and the shape that it is drawn with. */
export function graphsOf(page: string): Record<string, string> {
  const [doctype = '', ...rest] = page.split('\n');
  expect(doctype).toBe('<!doctype html>');
  const validity = XMLValidator.validate(rest.join('\n'), { allowBooleanAttributes: true, unpairedTags: ['meta'] });
  expect(validity).toBe(true);
  const graphs = page.matchAll(
    /<h2>(?<title>[^<]*)<\/h2>\n(?:<p class="key">.*<\/p>\n)?<svg (?:(?!<\/svg>)[^])*?<(?<shape>rect|polyline) (?<drawing>(?:(?!<\/svg>)[^])*)<\/svg>/g,
  );
  return Object.fromEntries(
    [...graphs].map(({ groups: { title = '', shape = '', drawing = '' } = {} }) => {
      expect(drawing).not.toMatch(/NaN|undefined|Infinity/);
      return [title, shape];
    }),
  );
}

export const allGraphs = {
  'Requests per second, by version': 'rect',
  'Share of green in the rule, per cent': 'polyline',
  'p99 of all requests, ms': 'polyline',
  "Failed requests per second (and version 3's own errors, in red)": 'polyline',
};
