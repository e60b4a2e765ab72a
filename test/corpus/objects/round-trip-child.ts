import { GroupwareClasses } from './device.ts';
import { roundTrips } from './round-trip.ts';
import { compareOccurrences } from './series.ts';
import { compareZones } from './zones.ts';

/**
 * A process of its own, in a time zone of its own: `round-trip-child.ts <objects> <series> <hours> [long]`, of which
 * hours are those from one look at a zone to the next. Prints what was found.
 */

const [objects = 0, series = 0, hours = 0] = process.argv.slice(2, 5).map(Number);

const classes: Record<string, unknown> = {};
for (const itemClass of GroupwareClasses)
  classes[itemClass] = await roundTrips(itemClass, objects, process.argv[5] === 'long');
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const [occurrences, zones] = [compareOccurrences(series, Math.ceil(objects / 2)), compareZones(hours)];
console.log(JSON.stringify({ zone, offset: new Date(0).getTimezoneOffset(), classes, occurrences, zones }));
