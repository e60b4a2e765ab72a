import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';

/** The folder of this repository. */
export const Root = join(import.meta.dirname, '../..');

/** A file of this repository. */
export const text = (...path: string[]): string => readFileSync(join(Root, ...path), 'utf8');

/** A service of a Compose file. */
export interface Service {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly secrets?: readonly string[];
  readonly hostname?: string;
  readonly build?: { readonly dockerfile?: string };
  readonly healthcheck?: unknown;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

/** What a Compose file holds. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly networks: { readonly front: { readonly ipam: { readonly config: readonly { readonly subnet: string }[] } } };
  readonly secrets: object;
}

/** What a user puts beside a Compose file. */
const Outer: Readonly<Record<string, string>> = { MAIL_DOMAIN: 'example.test', PHONES_HOST: 'mail.example.test' };

const filledIn = (value: string): string =>
  value.replace(
    /\$\{(\w+)(?::?([-?])([^}]*))?\}/g,
    (_, variable, kind, otherwise) => Outer[variable] ?? (kind === '-' ? otherwise : ''),
  );

const imageVariables = (): readonly (readonly [variable: string, value: string])[] =>
  [...text('examples/Dockerfile').matchAll(/(POSTRIDER_\w+)=(\S+)/g)].map(([, variable = '', value = '']) => [
    variable,
    value,
  ]);

/** The environment of Postrider in a service: the image's variables under those of the Compose file. */
export const environmentOf = ({ environment = {} }: Service): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...imageVariables(),
    ...Object.entries(environment).map(([variable, value]) => [variable, filledIn(value)]),
  ]);

/** Expects that all that a service mounts, joins, is built from and waits for is there. */
export const expectWhole = (compose: Compose, service: Service): void => {
  expectMounts(compose, service);
  expectHealthchecks(compose, service);
};

const expectMounts = (compose: Compose, service: Service): void => {
  const { volumes = [], networks = [], secrets = [], build } = service;
  const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
  const files = [...sources.filter((source) => source.startsWith('.')), build?.dockerfile ?? '.'];
  expect(files.filter((file) => !existsSync(join(Root, file)))).toEqual([]);
  const named = sources.filter((source) => !source.startsWith('.'));
  expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
  expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining([...networks]));
  expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining([...secrets]));
};

/** Each service that another one waits for until it is healthy can tell so. */
const expectHealthchecks = ({ services }: Compose, { depends_on = {} }: Service): void => {
  for (const [name, { condition }] of Object.entries(depends_on)) {
    const { healthcheck, build } = services[name] ?? {};
    const own = build?.dockerfile !== undefined && text(build.dockerfile).includes('HEALTHCHECK');
    if (condition === 'service_healthy') expect([name, healthcheck !== undefined || own]).toEqual([name, true]);
  }
};

/** Expects that a Compose file holds no secret itself. */
export const expectNoSecrets = (file: string): void => {
  const fixed = text(file).replace(/\$\{[^}]*\}/g, '');
  expect(fixed).not.toMatch(/(password|secret)[ \t]*[:=][ \t]*[^\s[{]/i);
};
