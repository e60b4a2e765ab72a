import type { Task } from '../../protocol/classes/task.ts';
import { BackendError } from '../contract/errors.ts';
import type { ItemPatch, TaskStore } from '../contract/groupware.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { newTodo, patchTodo, readTodo, type TodoPatch, todoEnd } from '../convert/task/todo.ts';
import { textBody } from '../convert/text-body.ts';
import type { ObjectConverter } from './converter.ts';
import { itemsOf } from './items.ts';
import { textAfter } from './texts.ts';
import { type UserOptions, userContext } from './user.ts';

const converter = (options: UserOptions): ObjectConverter<Task, ItemPatch<Task>> => {
  const context = userContext(options);
  const todoPatch = (text: string | undefined, { set, cleared, seen }: ItemPatch<Task>): TodoPatch => ({
    set,
    cleared,
    text: textAfter(text, set.body, cleared.includes('body'), seen),
    now: context().now,
  });
  return {
    read: (text, { preferences }) => {
      const found = readTodo(text, context().home.clock);
      if (found === undefined) return undefined;
      const body = textBody({ plain: found.text }, preferences);
      return body === undefined ? found.task : { ...found.task, body };
    },
    at: (text) => todoEnd(text, context().home.clock),
    patch: (text, patch) => {
      const { clock } = context().home;
      const patched = patchTodo(text, todoPatch(readTodo(text, clock)?.text, patch), clock);
      if (patched === undefined) throw new BackendError('rejected', { detail: 'the task on the server is no VTODO' });
      return patched;
    },
    make: (patch, name) => newTodo(todoPatch(undefined, patch), name, context().home.clock),
  };
};

/** Tasks out of VTODOs. */
export const tasksOf = (objects: ObjectStore, options: UserOptions = {}): TaskStore =>
  itemsOf(objects, converter(options));
