import type { Contact } from '../../../protocol/classes/contact.ts';
import { type LineField, list, number, single } from '../lines/fields.ts';
import { address, day, emailAddress, messenger, structured, telephone } from './fields.ts';
import { photo } from './photo.ts';
import { people, person } from './related.ts';

/** Elements that are not one property: the body is the caller's, FileAs depends on the names. */
type Simple = Exclude<keyof Contact, 'body' | 'fileAs'>;

/**
 * Where each element of a contact stands in a vCard. Properties without a meaning there are those that
 * other programs use, else ours, `X-POSTRIDER-…`.
 */
export const CardTable: { readonly [K in Simple]-?: LineField<Exclude<Contact[K], undefined | null>> } = {
  lastName: structured('N', 0),
  firstName: structured('N', 1),
  middleName: structured('N', 2),
  title: structured('N', 3),
  suffix: structured('N', 4),
  nickName: single('NICKNAME'),
  companyName: structured('ORG', 0),
  department: structured('ORG', 1),
  jobTitle: single('TITLE'),
  officeLocation: single('X-POSTRIDER-OFFICE', 'X-EVOLUTION-OFFICE', 'X-KADDRESSBOOK-X-OFFICE'),
  managerName: person({
    type: 'manager',
    names: ['X-MANAGER', 'X-EVOLUTION-MANAGER', 'X-KADDRESSBOOK-X-MANAGERSNAME', 'X-MS-MANAGER'],
    label: 'manager',
  }),
  assistantName: person({
    type: 'assistant',
    names: ['X-ASSISTANT', 'X-EVOLUTION-ASSISTANT', 'X-KADDRESSBOOK-X-ASSISTANTSNAME', 'X-MS-ASSISTANT'],
    label: 'assistant',
  }),
  spouse: person({
    type: 'spouse',
    names: ['X-SPOUSE', 'X-EVOLUTION-SPOUSE', 'X-KADDRESSBOOK-X-SPOUSESNAME', 'X-MS-SPOUSE'],
    label: 'spouse',
  }),
  children: people({ type: 'child', names: ['X-CHILDREN', 'X-POSTRIDER-CHILD'], label: 'child' }),
  birthday: day('BDAY'),
  anniversary: day('ANNIVERSARY', 'X-ANNIVERSARY', 'X-EVOLUTION-ANNIVERSARY', 'X-KADDRESSBOOK-X-ANNIVERSARY'),
  email1Address: emailAddress('email1Address'),
  email2Address: emailAddress('email2Address'),
  email3Address: emailAddress('email3Address'),
  imAddress: messenger('imAddress'),
  imAddress2: messenger('imAddress2'),
  imAddress3: messenger('imAddress3'),
  mms: single('X-POSTRIDER-MMS'),
  homePhoneNumber: telephone('homePhoneNumber'),
  home2PhoneNumber: telephone('home2PhoneNumber'),
  homeFaxNumber: telephone('homeFaxNumber'),
  businessPhoneNumber: telephone('businessPhoneNumber'),
  business2PhoneNumber: telephone('business2PhoneNumber'),
  businessFaxNumber: telephone('businessFaxNumber'),
  mobilePhoneNumber: telephone('mobilePhoneNumber'),
  pagerNumber: telephone('pagerNumber'),
  carPhoneNumber: telephone('carPhoneNumber'),
  radioPhoneNumber: telephone('radioPhoneNumber'),
  assistantPhoneNumber: telephone('assistantPhoneNumber'),
  companyMainPhone: telephone('companyMainPhone'),
  homeAddressStreet: address('home', 'Street'),
  homeAddressCity: address('home', 'City'),
  homeAddressState: address('home', 'State'),
  homeAddressPostalCode: address('home', 'PostalCode'),
  homeAddressCountry: address('home', 'Country'),
  businessAddressStreet: address('business', 'Street'),
  businessAddressCity: address('business', 'City'),
  businessAddressState: address('business', 'State'),
  businessAddressPostalCode: address('business', 'PostalCode'),
  businessAddressCountry: address('business', 'Country'),
  otherAddressStreet: address('other', 'Street'),
  otherAddressCity: address('other', 'City'),
  otherAddressState: address('other', 'State'),
  otherAddressPostalCode: address('other', 'PostalCode'),
  otherAddressCountry: address('other', 'Country'),
  webPage: single('URL'),
  categories: list('CATEGORIES'),
  picture: photo,
  yomiFirstName: single('X-PHONETIC-FIRST-NAME'),
  yomiLastName: single('X-PHONETIC-LAST-NAME'),
  yomiCompanyName: single('X-PHONETIC-ORG'),
  customerId: single('X-POSTRIDER-CUSTOMER-ID'),
  governmentId: single('X-POSTRIDER-GOVERNMENT-ID'),
  accountName: single('X-POSTRIDER-ACCOUNT-NAME'),
  alias: single('X-POSTRIDER-ALIAS'),
  weightedRank: number('X-POSTRIDER-WEIGHTED-RANK'),
};
