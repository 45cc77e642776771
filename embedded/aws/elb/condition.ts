import type { IncomingMessage } from 'node:http';
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';
import { required } from './store.js';

/** Does this request meet the condition? */
export type Matcher = (request: IncomingMessage) => boolean;

/** Checks a rule's conditions as AWS does and fills both the old and the new place of plain values. */
export function checkConditions(conditions: RuleCondition[] | undefined): RuleCondition[] {
  const given = required('Conditions', conditions);
  if (given.length === 0) throw new AwsError('ValidationError', 'A condition must be specified');
  return given.map(checkCondition);
}

/** All conditions of a rule must hold; of one condition's values, any may match. */
export function matcherOf(conditions: RuleCondition[]): Matcher {
  const matchers = conditions.map(compile);
  return (request) => matchers.every((matches) => matches(request));
}

function checkCondition(condition: RuleCondition): RuleCondition {
  const { Field } = condition;
  switch (Field) {
    case 'path-pattern': {
      const Values = valuesOf(condition, condition.PathPatternConfig?.Values);
      return { Field, Values, PathPatternConfig: { Values } };
    }
    case 'host-header': {
      const Values = valuesOf(condition, condition.HostHeaderConfig?.Values);
      return { Field, Values, HostHeaderConfig: { Values } };
    }
    case 'http-header': {
      const HttpHeaderName = required('HttpHeaderName', condition.HttpHeaderConfig?.HttpHeaderName);
      const Values = valuesOf(condition, condition.HttpHeaderConfig?.Values);
      return { Field, HttpHeaderConfig: { HttpHeaderName, Values } };
    }
    case 'query-string': {
      const Values = condition.QueryStringConfig?.Values ?? [];
      if (Values.length === 0) throw emptyCondition(Field);
      return { Field, QueryStringConfig: { Values } };
    }
    default:
      throw new AwsError(
        'ValidationError',
        `Condition field '${Field}' must be one of '[path-pattern, host-header, http-header, query-string]'`,
      );
  }
}

function valuesOf(condition: RuleCondition, config: string[] | undefined): string[] {
  const values = config ?? condition.Values ?? [];
  if (values.length === 0) throw emptyCondition(condition.Field);
  return values;
}

function emptyCondition(field: string | undefined): AwsError {
  return new AwsError('ValidationError', `A condition value must be specified for '${field}'`);
}

function compile(condition: RuleCondition): Matcher {
  switch (condition.Field) {
    case 'path-pattern': {
      const matches = anyOf(condition.PathPatternConfig?.Values, 'case matters');
      return (request) => matches(pathOf(request));
    }
    case 'host-header': {
      const matches = anyOf(condition.HostHeaderConfig?.Values, 'case is ignored');
      return (request) => matches((request.headers.host ?? '').replace(/:\d+$/, ''));
    }
    case 'http-header': {
      const name = (condition.HttpHeaderConfig?.HttpHeaderName ?? '').toLowerCase();
      const matches = anyOf(condition.HttpHeaderConfig?.Values, 'case is ignored');
      return (request) => {
        const value = request.headers[name];
        return value !== undefined && [value].flat().some(matches);
      };
    }
    case 'query-string': {
      const pairs = (condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
        key: Key === undefined ? undefined : anyOf([Key], 'case is ignored'),
        value: anyOf([Value ?? ''], 'case is ignored'),
      }));
      return (request) => {
        const query = [...new URLSearchParams((request.url ?? '').split('?')[1] ?? '')];
        return pairs.some(({ key, value }) => query.some(([k, v]) => (key === undefined || key(k)) && value(v)));
      };
    }
    default:
      throw new Error(`condition field ${condition.Field} was let through without a matcher`);
  }
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** `*` stands for any number of characters, `?` for one. */
function anyOf(patterns: string[] | undefined, mode: 'case matters' | 'case is ignored'): (text: string) => boolean {
  const expressions = (patterns ?? []).map((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${source}$`, mode === 'case matters' ? 's' : 'is');
  });
  return (text) => expressions.some((expression) => expression.test(text));
}
