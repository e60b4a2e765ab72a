import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Folder } from '../../backends/contract/folders.ts';
import {
  changeCount,
  compareHierarchies,
  type Hierarchy,
  hierarchyOf,
  sortedByDepth,
  subtreeOf,
} from '../../src/folders/hierarchy.ts';

const folder = (id: string, more: Partial<Folder> = {}): Folder => ({
  id,
  name: id,
  role: 'user',
  itemClass: 'Email',
  selectable: true,
  ...more,
});

const build = (folders: readonly Folder[], known: Hierarchy = [], nextId = 1) => hierarchyOf(folders, known, nextId);

describe('hierarchyOf', () => {
  test('gives parents before children, whatever order the backend has', () => {
    const { hierarchy } = build([folder('c', { parentId: 'b' }), folder('b', { parentId: 'a' }), folder('a')]);
    expect(hierarchy.map(({ folder: id }) => id)).toEqual(['a', 'b', 'c']);
    const [a, b, c] = hierarchy;
    expect([a?.parentId, b?.parentId, c?.parentId]).toEqual(['0', a?.collectionId, b?.collectionId]);
  });

  test('special folders have their types, each once (MS-ASCMD_R4667 and the following)', () => {
    const roles = ['inbox', 'drafts', 'trash', 'sent', 'outbox', 'junk', 'inbox'] as const;
    const { hierarchy } = build(roles.map((role, i) => folder(`f${i}`, { role })));
    expect(hierarchy.map(({ type }) => type)).toEqual([2, 3, 4, 5, 6, 12, 12]);
  });

  test('CollectionIds stay with their folder and are never given twice', () => {
    const first = build([folder('a'), folder('b')]);
    const second = build([folder('b'), folder('c')], first.hierarchy, first.nextId);
    expect(second.hierarchy.map(({ folder: id, collectionId }) => [id, collectionId])).toEqual([
      ['b', '2'],
      ['c', '3'],
    ]);
    const third = build([folder('a')], second.hierarchy, second.nextId);
    expect(third.hierarchy[0]?.collectionId).toBe('4');
  });

  test('a child whose parent is not shown stands at the top', () => {
    expect(build([folder('x', { parentId: 'gone' })]).hierarchy).toMatchObject([{ folder: 'x', parentId: '0' }]);
  });
});

describe('compareHierarchies', () => {
  const held = build([folder('a'), folder('b', { parentId: 'a' }), folder('c')]).hierarchy;

  test('nothing changed: nothing to tell', () => {
    expect(changeCount(compareHierarchies(held, held))).toBe(0);
  });

  test('a rename and a move are updates, new ones adds, gone ones deletes, children first', () => {
    const wanted = build([folder('c', { name: 'Neu' }), folder('d', { parentId: 'c' })], held, 4).hierarchy;
    const changes = compareHierarchies(held, wanted);
    expect(changes.updated.map(({ name }) => name)).toEqual(['Neu']);
    expect(changes.added.map(({ folder: id }) => id)).toEqual(['d']);
    expect(changes.deleted).toHaveLength(2);
    expect(changes.deleted.indexOf(idOf(held, 'b'))).toBeLessThan(changes.deleted.indexOf(idOf(held, 'a')));
    expect(changeCount(changes)).toBe(4);
  });
});

const idOf = (hierarchy: Hierarchy, id: string): string =>
  hierarchy.find(({ folder: name }) => name === id)?.collectionId ?? '';

test('a device that applies the changes in their order has the wanted hierarchy at every step whole', () => {
  const tree = fc.uniqueArray(fc.nat(12), { maxLength: 13 }).chain((ids) =>
    fc.tuple(...ids.map(() => fc.tuple(fc.nat(12), fc.nat(3)))).map((choices) =>
      ids.map((id, i) => {
        const [parent, name] = choices[i] ?? [0, 0];
        const parentId = parent < id && ids.includes(parent) ? `f${parent}` : undefined;
        return folder(`f${id}`, { parentId, name: `name ${name}` });
      }),
    ),
  );
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const held = build(before);
      const wanted = build(after, held.hierarchy, held.nextId);
      const device = new Map(held.hierarchy.map((one) => [one.collectionId, one]));
      const changes = compareHierarchies(held.hierarchy, wanted.hierarchy);
      for (const one of changes.added) {
        expect(one.parentId === '0' || device.has(one.parentId)).toBe(true);
        device.set(one.collectionId, one);
      }
      for (const one of changes.updated) device.set(one.collectionId, one);
      for (const id of changes.deleted) expect(device.delete(id)).toBe(true);
      expect(new Set(device.values())).toEqual(new Set(wanted.hierarchy.map((one) => device.get(one.collectionId))));
      expect([...device.values()].map(({ folder: id, name, parentId }) => [id, name, parentId]).sort()).toEqual(
        wanted.hierarchy.map(({ folder: id, name, parentId }) => [id, name, parentId]).sort(),
      );
    }),
  );
});

describe('sortedByDepth and subtreeOf', () => {
  test('parents come before children after a folder went below another one', () => {
    const { hierarchy } = build([folder('a'), folder('b'), folder('c', { parentId: 'a' })]);
    const turned = hierarchy.map((one) => (one.folder === 'a' ? { ...one, parentId: idOf(hierarchy, 'b') } : one));
    expect(sortedByDepth(turned).map(({ folder: id }) => id)).toEqual(['b', 'a', 'c']);
    const below = subtreeOf(turned, idOf(turned, 'b'));
    expect(turned.filter(({ collectionId }) => below.has(collectionId)).map(({ folder: id }) => id)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});
