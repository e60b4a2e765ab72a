import { describe, expect, test } from '@jest/globals';
import { IdSet } from '../../backends/contract/id-set.ts';
import { Calendar, Contacts } from '../../protocol/code-pages/index.ts';
import { SupportedVersions } from '../../protocol/versions.ts';
import { AbsentElements, clearedBy, meantBy, supportedNames } from '../../src/sync/absent-elements.ts';
import { absorbChanges, firstGeneration } from '../../src/sync/generation.ts';

const node = (tag: (typeof Contacts)[keyof typeof Contacts]) => ({ tag, children: [] });

describe('what a Change leaves out', () => {
  test('is in the table by its right name', () => {
    for (const { fields, kept, neverGhosted, emptyIsNothing } of Object.values(AbsentElements)) {
      for (const name of [...kept, ...neverGhosted, ...emptyIsNothing]) expect(Object.keys(fields)).toContain(name);
    }
  });

  test('is everything of the class that may be taken away, without a Supported (MS-ASCMD_R5906, MS-ASCMD_R879)', () => {
    const cleared = clearedBy('Contacts', '14.1', undefined, { fileAs: 'x' });
    expect(cleared).toContain('birthday');
    expect(cleared).toContain('nickName');
    // MS-ASCMD_R878.
    for (const name of ['fileAs', 'body', 'picture']) expect(cleared).not.toContain(name);
  });

  test('is only what Supported lists (MS-ASCMD_R5907), nothing when it is empty (MS-ASCMD_R5909)', () => {
    expect(clearedBy('Contacts', '14.1', ['birthday', 'fileAs', 'picture'], { fileAs: 'x' })).toEqual(['birthday']);
    expect(clearedBy('Contacts', '14.1', [], {})).toEqual([]);
  });

  test('is nothing of what a version does not have', () => {
    expect(clearedBy('Calendar', '12.1', undefined, {})).not.toContain('responseRequested');
    expect(clearedBy('Calendar', '14.1', undefined, {})).toContain('responseRequested');
    expect(clearedBy('Calendar', '14.1', undefined, {})).not.toContain('location');
  });

  test('is nothing in a calendar of 16.x (MS-ASCMD_R7309), and never the exceptions (MS-ASCMD_R876)', () => {
    for (const version of SupportedVersions) {
      expect(clearedBy('Calendar', version, undefined, {})).not.toContain('exceptions');
      expect(clearedBy('Calendar', version, undefined, {}).length > 0).toBe(!version.startsWith('16'));
    }
  });

  test('is the Location of an event whatever Supported says ([MS-ASCAL] 2.2.2.27)', () => {
    expect(clearedBy('Calendar', '14.1', [], { subject: 'x' })).toEqual(['locationText']);
  });

  test('keeps Importance and ReminderSet of a task (MS-ASTASK_R369, MS-ASTASK_R370)', () => {
    const cleared = clearedBy('Tasks', '14.1', undefined, { subject: 'x' });
    expect(cleared).toContain('dueDate');
    for (const name of ['importance', 'reminderSet']) expect(cleared).not.toContain(name);
  });
});

test('an empty Picture says nothing, an empty Reminder does', () => {
  expect(meantBy('Contacts', { picture: null, fileAs: 'x', title: undefined })).toEqual({ fileAs: 'x' });
  expect(meantBy('Calendar', { reminder: null })).toEqual({ reminder: null });
});

test('Supported names the elements of its own class', () => {
  expect(supportedNames('Contacts', undefined)).toBeUndefined();
  expect(supportedNames('Contacts', [])).toEqual([]);
  expect(supportedNames('Contacts', [node(Contacts.Title), node(Contacts.FileAs)])).toEqual(['fileAs', 'title']);
  expect(supportedNames('Contacts', [{ tag: Calendar.Subject, children: [] }])).toEqual([]);
  expect(supportedNames('Email', [node(Contacts.Title)])).toBeUndefined();
});

describe('a change that takes an item out of the filter', () => {
  const generation = { ...firstGeneration(8, 0), cursor: 'c', held: IdSet.of(['1.1']), toAdd: IdSet.of(['1.2']) };
  const changes = (id: string, at: number) => ({
    ...{ changed: [{ id, revision: 'r', at }], gone: { removed: IdSet.empty }, cursor: 'd', position: 'd' },
  });

  test('takes it off the device, and one that comes back is a change again', () => {
    const left = absorbChanges(generation, changes('1.1', 0), 1);
    expect([left.toSoftDelete.has('1.1'), left.toChange.has('1.1')]).toEqual([true, false]);
    const back = absorbChanges(left, changes('1.1', Number.POSITIVE_INFINITY), 1);
    expect([back.toSoftDelete.has('1.1'), back.toChange.has('1.1')]).toEqual([false, true]);
  });

  test('is no matter of a device that has not got it yet: it is not added', () => {
    const left = absorbChanges(generation, changes('1.2', 0), 1);
    expect([left.toAdd.has('1.2'), left.toSoftDelete.has('1.2')]).toEqual([false, false]);
  });
});
