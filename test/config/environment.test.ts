// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of configurations
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultDataFolder, demoDataFolder } from '../../src/config/data-folder.ts';
import { expand, variablesOf } from '../../src/config/environment.ts';

const text = (template: string, env: Record<string, string> = {}): string => {
  const expanded = expand(template, env);
  if (!expanded.ok) throw new Error(`missing ${expanded.missing}`);
  return expanded.text;
};

describe('environment variables in a text', () => {
  test.each([
    ['${A}', { A: 'x' }, 'x'],
    ['${A}-${B}', { A: 'x', B: 'y' }, 'x-y'],
    ['${A:-d}', {}, 'd'],
    ['${A:-d}', { A: '' }, 'd'],
    ['${A:-d}', { A: 'x' }, 'x'],
    ['${A:-}', {}, ''],
    ['${A:-{user}@{domain}}', {}, '{user}@{domain}'],
    ['${A:-http://h:1/}', {}, 'http://h:1/'],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$A {A} ${', { A: 'x' }, '$A {A} ${'],
    // What is filled in is not looked at again: a password may hold anything.
    ['${A}', { A: '${B}', B: 'no' }, '${B}'],
    ['${A}', { A: '$&' }, '$&'],
  ])('%s with %j', (template, env, expected) => {
    expect(text(template, env as Record<string, string>)).toBe(expected);
  });

  test('one that is not set is named, the first of several', () => {
    expect(expand('${A:-x} ${B} ${C}', {})).toEqual({ ok: false, missing: 'B' });
    expect(expand('${A}', { A: '' })).toEqual({ ok: true, text: '', changed: true });
  });

  test('any value comes through as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => text('<${A}>', { A: value }) === `<${value}>`));
  });

  test('names of all variables', () => {
    expect(variablesOf('${A} ${B:-x} $${C} ${A}')).toEqual(['A', 'B']);
  });
});

describe('the data folder', () => {
  test.each([
    [{ POSTRIDER_DATA: '/a', STATE_DIRECTORY: '/b', XDG_STATE_HOME: '/c' }, '/a'],
    [{ STATE_DIRECTORY: '/b', XDG_STATE_HOME: '/c' }, '/b'],
    [{ STATE_DIRECTORY: '/b:/other' }, '/b'],
    [{ POSTRIDER_DATA: '', STATE_DIRECTORY: '', XDG_STATE_HOME: '/c' }, '/c/postrider'],
  ])('%j: %s', (env, folder) => {
    expect(defaultDataFolder(env, 'linux')).toBe(folder);
  });

  test("without any of them the user's own", () => {
    expect(defaultDataFolder({}, 'linux')).toMatch(/\/\.local\/state\/postrider$/);
    expect(defaultDataFolder({}, 'darwin')).toMatch(/Application Support\/postrider$/);
  });

  test('the demo keeps apart from a real server, unless the folder is named', () => {
    expect(demoDataFolder({ XDG_STATE_HOME: '/c', STATE_DIRECTORY: '/b' }, 'linux')).toBe('/c/postrider-demo');
    expect(demoDataFolder({ POSTRIDER_DATA: '/a' }, 'linux')).toBe('/a');
  });
});
