import { RightsManagement, Settings } from '../code-pages/index.ts';
import {
  boolean,
  container,
  dateTime,
  during,
  flag,
  type Infer,
  integer,
  list,
  many,
  optional,
  text,
} from '../schema/describe.ts';
import { span } from '../versions.ts';

/** What a device tells about itself ([MS-ASCMD] 2.2.3.45); also part of Provision. */
export const DeviceInformationRequest = container(Settings.DeviceInformation, {
  set: container(Settings.Set, {
    model: optional(text(Settings.Model)),
    imei: optional(text(Settings.IMEI)),
    friendlyName: optional(text(Settings.FriendlyName)),
    os: optional(text(Settings.OS)),
    osLanguage: optional(text(Settings.OSLanguage)),
    phoneNumber: optional(text(Settings.PhoneNumber)),
    userAgent: optional(text(Settings.UserAgent)),
    enableOutboundSms: optional(boolean(Settings.EnableOutboundSMS)),
    mobileOperator: optional(text(Settings.MobileOperator)),
  }),
});
export type DeviceInformation = Infer<typeof DeviceInformationRequest>['set'];

/** The answer to it. */
export const DeviceInformationResponse = container(Settings.DeviceInformation, {
  status: optional(integer(Settings.Status)),
});

/** An out-of-office text and to whom it goes ([MS-ASCMD] 2.2.3.123). `bodyType` is `TEXT` or `HTML`. */
const OofMessage = container(Settings.OofMessage, {
  appliesToInternal: flag(Settings.AppliesToInternal),
  appliesToExternalKnown: flag(Settings.AppliesToExternalKnown),
  appliesToExternalUnknown: flag(Settings.AppliesToExternalUnknown),
  enabled: optional(boolean(Settings.Enabled)),
  replyMessage: optional(text(Settings.ReplyMessage)),
  bodyType: optional(text(Settings.BodyType)),
});

/** Out-of-office settings; `oofState` is 0 off, 1 on, 2 between the two times ([MS-ASCMD] 2.2.3.124). */
const oofFields = {
  oofState: optional(integer(Settings.OofState)),
  startTime: optional(dateTime(Settings.StartTime)),
  endTime: optional(dateTime(Settings.EndTime)),
  oofMessages: many(OofMessage),
};

/** A Settings request ([MS-ASCMD] 2.2.1.18). */
export const SettingsRequest = container(Settings.Settings, {
  rightsManagementInformation: optional(container(Settings.RightsManagementInformation, { get: flag(Settings.Get) })),
  oof: optional(
    container(Settings.Oof, {
      get: optional(container(Settings.Get, { bodyType: optional(text(Settings.BodyType)) })),
      set: optional(container(Settings.Set, oofFields)),
    }),
  ),
  devicePassword: optional(
    container(Settings.DevicePassword, {
      set: container(Settings.Set, { password: optional(text(Settings.Password)) }),
    }),
  ),
  deviceInformation: optional(DeviceInformationRequest),
  userInformation: optional(container(Settings.UserInformation, { get: flag(Settings.Get) })),
});
export type SettingsRequest = Infer<typeof SettingsRequest>;

/** Addresses of an account; phones take the first `smtpAddresses` unless there is a primary one. */
const EmailAddresses = container(Settings.EmailAddresses, {
  smtpAddresses: many(text(Settings.SMTPAddress)),
  primarySmtpAddress: optional(text(Settings.PrimarySmtpAddress)),
});

/** An account that the user may send from ([MS-ASCMD] 2.2.3.2). */
const Account = container(Settings.Account, {
  accountId: optional(text(Settings.AccountId)),
  accountName: optional(text(Settings.AccountName)),
  userDisplayName: optional(text(Settings.UserDisplayName)),
  sendDisabled: optional(boolean(Settings.SendDisabled)),
  emailAddresses: optional(EmailAddresses),
});

const RightsManagementTemplate = container(RightsManagement.RightsManagementTemplate, {
  templateId: text(RightsManagement.TemplateID),
  templateName: text(RightsManagement.TemplateName),
  templateDescription: text(RightsManagement.TemplateDescription),
});

/** A Settings response. The schema allows any order. */
export const SettingsResponse = container(Settings.Settings, {
  status: optional(integer(Settings.Status)),
  rightsManagementInformation: optional(
    container(Settings.RightsManagementInformation, {
      status: optional(integer(Settings.Status)),
      get: optional(
        container(Settings.Get, {
          rightsManagementTemplates: list(RightsManagement.RightsManagementTemplates, RightsManagementTemplate),
        }),
      ),
    }),
  ),
  oof: optional(
    container(Settings.Oof, {
      status: optional(integer(Settings.Status)),
      get: optional(container(Settings.Get, oofFields)),
    }),
  ),
  devicePassword: optional(container(Settings.DevicePassword, { status: optional(integer(Settings.Status)) })),
  deviceInformation: optional(DeviceInformationResponse),
  userInformation: optional(
    container(Settings.UserInformation, {
      status: optional(integer(Settings.Status)),
      get: optional(
        container(Settings.Get, {
          /** Up to 14.0; later they stand in the accounts ([MS-ASCMD] 2.2.3.57). */
          emailAddresses: during(span('12.0', '14.0'), optional(EmailAddresses)),
          accounts: optional(list(Settings.Accounts, Account)),
        }),
      ),
    }),
  ),
});
export type SettingsResponse = Infer<typeof SettingsResponse>;
