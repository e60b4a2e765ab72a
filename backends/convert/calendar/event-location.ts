import type { Location } from '../../../protocol/classes/air-sync-base.ts';
import {
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import { put, single } from '../lines/fields.ts';
import { type EventField, isEqual } from './event-field.ts';

/**
 * Location: LOCATION is its name, GEO its coordinates. What else a device of 16.x knows of a place stands
 * in a property of our own, which holds as long as LOCATION is the one that it was written with.
 */

const Name = single('LOCATION');
const Place = single('X-POSTRIDER-PLACE');

/** Properties that tell the same place to other programs, and would tell the old one. */
const Companions = ['GEO', 'X-APPLE-STRUCTURED-LOCATION', 'X-POSTRIDER-PLACE'];

/** `GEO:52.5;13.4`, or Apple's `geo:52.5,13.4`. */
const coordinates = (event: LineComponent): Pick<Location, 'latitude' | 'longitude'> => {
  const geo = linesOf(event, 'GEO')[0]?.value ?? '';
  const apple = /^geo:([\d.+-]+,[\d.+-]+)/i.exec(linesOf(event, 'X-APPLE-STRUCTURED-LOCATION')[0]?.value ?? '')?.[1];
  const [latitude = Number.NaN, longitude = Number.NaN] = (geo || apple || '').split(/[;,]/).map(Number);
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude, longitude } : {};
};

/** What stands in the property of our own, if it is still that place. */
const placeOf = (event: LineComponent, displayName: string): Partial<Location> => {
  try {
    const place: unknown = JSON.parse(Place.read(event) ?? 'null');
    if (typeof place !== 'object' || place === null) return {};
    return (place as Location).displayName === displayName ? (place as Location) : {};
  } catch {
    return {};
  }
};

const locationOf = (event: LineComponent): Location | undefined => {
  const displayName = Name.read(event);
  if (displayName === undefined) return undefined;
  const [link] = linesOf(event, 'LOCATION').flatMap((line) => parameterValues(line, 'ALTREP'));
  return {
    displayName,
    ...coordinates(event),
    ...(link === undefined ? {} : { locationUri: link }),
    ...placeOf(event, displayName),
  };
};

/** In the order of the table, so that equal places are equal texts. */
const Parts = [
  ...(['displayName', 'annotation', 'street', 'city', 'state', 'country', 'postalCode', 'latitude'] as const),
  ...(['longitude', 'accuracy', 'altitude', 'altitudeAccuracy', 'locationUri'] as const),
] as const;

const normal = (location: Location | undefined): Partial<Location> =>
  Object.fromEntries(
    Parts.flatMap((part) => {
      const value = location?.[part];
      return value === undefined || value === '' ? [] : [[part, value]];
    }),
  );

/** A place without a name is known by its address, or by where it is. */
const nameOf = (place: Partial<Location>): string | undefined => {
  const address = [place.street, place.postalCode, place.city, place.country].filter((text) => text !== undefined);
  const { displayName, annotation, latitude, longitude } = place;
  return (
    displayName ?? (address.join(', ') || annotation || (latitude === undefined ? '' : `${latitude}, ${longitude}`))
  );
};

/** Another place is not the one that ALTREP links to. */
const withName = (event: LineComponent, displayName: string): LineComponent => {
  const named = Name.write(event, displayName);
  const [line] = linesOf(named, 'LOCATION');
  if (line === undefined || parameterValues(line, 'ALTREP').length === 0) return named;
  const parameters = line.parameters.filter(({ name }) => name !== 'ALTREP');
  return replaceLines(named, [line], [makeLine({ ...line, parameters }, lineEndIn(event))]);
};

const withPlace = (event: LineComponent, wanted: Partial<Location>): LineComponent => {
  const displayName = nameOf(wanted);
  const old = Companions.flatMap((name) => linesOf(event, name));
  const bare = replaceLines(event, old, []);
  if (!displayName) return Name.write(bare, undefined);
  const named = displayName === Name.read(bare) ? bare : withName(bare, displayName);
  const { latitude, longitude } = wanted;
  const hasPoint = latitude !== undefined && longitude !== undefined;
  const located = hasPoint ? put(named, undefined, 'GEO', `${latitude};${longitude}`) : named;
  const place = normal({ ...wanted, displayName });
  return isEqual(normal(locationOf(located)), place) ? located : Place.write(located, JSON.stringify(place));
};

export const location: EventField = {
  names: ['location', 'locationText'],
  read: (event, { request }) => {
    if (request.form === 'instants') return { locationText: Name.read(event) };
    const place = locationOf(event);
    return place === undefined ? {} : { location: normal(place) };
  },
  same: (wanted, before) =>
    (wanted.locationText ?? '') === (before.locationText ?? '') &&
    isEqual(normal(wanted.location), normal(before.location)),
  write: (event, { location: wanted, locationText }, _before, { request }) =>
    withPlace(event, request.form === 'days' ? normal(wanted) : normal({ displayName: locationText })),
};
