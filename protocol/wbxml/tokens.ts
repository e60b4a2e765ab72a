/** Global tokens that ActiveSync uses ([MS-ASWBXML] 1.6). */
export const Token = {
  SwitchPage: 0x00,
  End: 0x01,
  StringInline: 0x03,
  Opaque: 0xc3,
} as const;

/** Set in the token of a tag that has content. */
export const ContentBit = 0x40;

/** Set in the token of a tag that has attributes; ActiveSync has none. */
export const AttributeBit = 0x80;

/** The token of a tag without its flags. */
export const TagMask = 0x3f;

/** Version 1.3, unknown public identifier, UTF-8, no string table: the header that clients insist on. */
export const Header = [0x03, 0x01, 0x6a, 0x00] as const;

/** Global tokens that WBXML has and ActiveSync does not use ([MS-ASWBXML] 2.1.3). */
export const UnusedTokens: ReadonlyMap<number, string> = new Map([
  [0x02, 'an entity (ENTITY)'],
  [0x04, 'a literal tag (LITERAL)'],
  [0x40, 'an extension (EXT_I_0)'],
  [0x41, 'an extension (EXT_I_1)'],
  [0x42, 'an extension (EXT_I_2)'],
  [0x43, 'a processing instruction (PI)'],
  [0x44, 'a literal tag (LITERAL_C)'],
  [0x80, 'an extension (EXT_T_0)'],
  [0x81, 'an extension (EXT_T_1)'],
  [0x82, 'an extension (EXT_T_2)'],
  [0x83, 'a reference to the string table (STR_T)'],
  [0x84, 'a literal tag (LITERAL_A)'],
  [0xc0, 'an extension (EXT_0)'],
  [0xc1, 'an extension (EXT_1)'],
  [0xc2, 'an extension (EXT_2)'],
  [0xc4, 'a literal tag (LITERAL_AC)'],
]);
