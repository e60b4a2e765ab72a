import { Body } from '../classes/air-sync-base.ts';
import { ComposeMail, RightsManagement } from '../code-pages/index.ts';
import {
  container,
  dateTime,
  during,
  flag,
  type Infer,
  integer,
  list,
  opaque,
  optional,
  text,
} from '../schema/describe.ts';
import { span } from '../versions.ts';

/** Elements that SendMail, SmartForward and SmartReply share; from 14.0 on they carry WBXML. */

/** A SendMail request ([MS-ASCMD] 2.2.1.17). `mime` is the whole message. */
export const SendMailRequest = container(ComposeMail.SendMail, {
  clientId: text(ComposeMail.ClientId),
  accountId: optional(text(ComposeMail.AccountId)),
  saveInSentItems: flag(ComposeMail.SaveInSentItems),
  mime: opaque(ComposeMail.Mime),
  templateId: optional(text(RightsManagement.TemplateID)),
});
export type SendMailRequest = Infer<typeof SendMailRequest>;

/** The message that is answered or forwarded: by folder and item, or by LongId ([MS-ASCMD] 2.2.3.173). */
const Source = container(ComposeMail.Source, {
  folderId: optional(text(ComposeMail.FolderId)),
  itemId: optional(text(ComposeMail.ItemId)),
  longId: optional(text(ComposeMail.LongId)),
  instanceId: optional(dateTime(ComposeMail.InstanceId)),
});

/** A SmartReply request ([MS-ASCMD] 2.2.1.20). */
export const SmartReplyRequest = container(ComposeMail.SmartReply, {
  clientId: text(ComposeMail.ClientId),
  source: Source,
  accountId: optional(text(ComposeMail.AccountId)),
  saveInSentItems: flag(ComposeMail.SaveInSentItems),
  replaceMime: flag(ComposeMail.ReplaceMime),
  mime: opaque(ComposeMail.Mime),
  templateId: optional(text(RightsManagement.TemplateID)),
});
export type SmartReplyRequest = Infer<typeof SmartReplyRequest>;

/** To whom the server forwards a meeting, from 16.0 on ([MS-ASCMD] 2.2.3.78). */
const Forwardee = container(ComposeMail.Forwardee, {
  email: text(ComposeMail.Email),
  name: optional(text(ComposeMail.Name)),
});

/** A SmartForward request ([MS-ASCMD] 2.2.1.19): `mime`, or from 16.0 on `forwardees` and `body` for a meeting. */
export const SmartForwardRequest = container(ComposeMail.SmartForward, {
  clientId: text(ComposeMail.ClientId),
  source: Source,
  accountId: optional(text(ComposeMail.AccountId)),
  saveInSentItems: flag(ComposeMail.SaveInSentItems),
  replaceMime: flag(ComposeMail.ReplaceMime),
  mime: optional(opaque(ComposeMail.Mime)),
  templateId: optional(text(RightsManagement.TemplateID)),
  body: during(span('16.0'), optional(Body)),
  forwardees: optional(list(ComposeMail.Forwardees, Forwardee)),
});
export type SmartForwardRequest = Infer<typeof SmartForwardRequest>;

/** Responses exist only for failures; success is an empty body ([MS-ASCMD] 2.2.1.17). */
const failureFields = { status: optional(integer(ComposeMail.Status)) };

export const SendMailResponse = container(ComposeMail.SendMail, failureFields);
export type SendMailResponse = Infer<typeof SendMailResponse>;

export const SmartReplyResponse = container(ComposeMail.SmartReply, failureFields);
export type SmartReplyResponse = Infer<typeof SmartReplyResponse>;

export const SmartForwardResponse = container(ComposeMail.SmartForward, failureFields);
export type SmartForwardResponse = Infer<typeof SmartForwardResponse>;
