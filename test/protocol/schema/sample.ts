import {
  AirSync,
  AirSyncBase,
  Calendar,
  ComposeMail,
  Contacts,
  Email,
  Email2,
  Settings,
} from '../../../protocol/code-pages/index.ts';
import {
  base64,
  boolean,
  compactDateTime,
  container,
  data,
  dateTime,
  decimal,
  during,
  flag,
  integer,
  list,
  many,
  opaque,
  optional,
  orderedContainer,
  orEmpty,
  text,
  tree,
  variants,
} from '../../../protocol/schema/index.ts';
import { span } from '../../../protocol/versions.ts';

/** A table with every kind of content, made for these tests alone. */
export const Item = {
  subject: optional(text(Email.Subject)),
  received: optional(dateTime(Email.DateReceived)),
  start: optional(compactDateTime(Calendar.StartTime)),
  reminder: optional(orEmpty(integer(Calendar.Reminder))),
  busy: optional(integer(Calendar.BusyStatus)),
  allDay: optional(boolean(Calendar.AllDayEvent)),
  picture: optional(base64(Contacts.Picture)),
  latitude: optional(decimal(AirSyncBase.Latitude)),
  conversation: optional(opaque(Email2.ConversationId)),
  categories: optional(list(Contacts.Categories, text(Contacts.Category))),
  body: optional(
    container(AirSyncBase.Body, { type: integer(AirSyncBase.Type), data: optional(data(AirSyncBase.Data)) }),
  ),
  location: optional(orEmpty(container(AirSyncBase.Location, { name: text(AirSyncBase.DisplayName) }))),
};

const Body = optional(tree(AirSync.ApplicationData));

const Commands = variants(AirSync.Commands, {
  add: container(AirSync.Add, { clientId: text(AirSync.ClientId), data: Body }),
  change: container(AirSync.Change, { serverId: text(AirSync.ServerId), data: Body }),
  delete: container(AirSync.Delete, { serverId: text(AirSync.ServerId) }),
});

export const Collection = orderedContainer(AirSync.Collection, {
  class: optional(during(span('2.5', '12.1'), text(AirSync.Class))),
  syncKey: text(AirSync.SyncKey),
  collectionId: text(AirSync.CollectionId),
  getChanges: optional(boolean(AirSync.GetChanges)),
  windowSize: optional(integer(AirSync.WindowSize)),
  conversationMode: optional(boolean(AirSync.ConversationMode)),
  more: flag(AirSync.MoreAvailable),
  commands: optional(Commands),
});

export const Sync = container(AirSync.Sync, {
  collections: optional(list(AirSync.Collections, Collection)),
  wait: optional(integer(AirSync.Wait)),
  window: optional(integer(AirSync.WindowSize)),
  partial: flag(AirSync.Partial),
});

export const SendMail = container(ComposeMail.SendMail, {
  clientId: text(ComposeMail.ClientId),
  save: flag(ComposeMail.SaveInSentItems),
  mime: opaque(ComposeMail.Mime),
});

/** An element whose place depends on the version, and a repeated one. */
export const Oof = container(Settings.Oof, {
  early: optional(during(span('2.5', '12.1'), text(Settings.Status))),
  state: many(integer(Settings.OofState)),
  late: optional(during(span('14.0'), text(Settings.Status))),
});
