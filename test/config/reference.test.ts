import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backendKinds } from '../../backends/index.ts';
import { EasProvisionDoc } from '../../protocol/commands/provision.ts';
import { PolicySettings } from '../../src/config/policy.ts';
import { describeSchema, type SchemaNode } from '../../src/config/problem.ts';
import { referencePage } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';
import { DefaultPolicy } from '../../src/devices/policy.ts';

/** Settings without a description, by their path. */
const undescribed = (node: SchemaNode, prefix: string): string[] =>
  Object.entries(node.properties ?? {}).flatMap(([name, setting]) => [
    ...(setting.description === undefined ? [`${prefix}${name}`] : []),
    ...undescribed(setting, `${prefix}${name}.`),
  ]);

describe('docs/configuration.md', () => {
  test('is the one of this schema (npm run build && node dist/src/main.js config reference)', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    expect(page).toBe(referencePage(backendKinds));
  });

  test('says what every setting means', () => {
    expect(undescribed(describeSchema(configSchema(backendKinds)), '')).toEqual([]);
    for (const { kind, settings } of backendKinds.values()) {
      expect(undescribed(describeSchema(settings), `${kind}.`)).toEqual([]);
    }
  });
});

describe('policy settings', () => {
  test('are those of the protocol, all of them', () => {
    const { content } = EasProvisionDoc;
    const names = content.kind === 'container' ? Object.keys(content.fields) : [];
    expect(names.length).toBeGreaterThan(40);
    expect(Object.keys(PolicySettings.shape)).toEqual(names);
  });

  test('take the default policy', () => {
    expect(PolicySettings.parse(DefaultPolicy)).toEqual(DefaultPolicy);
  });
});
