/** Charsets of Windows' code pages whose name is not `cp` and the number. */
const Codepages: ReadonlyMap<number, string> = new Map([
  [932, 'shift_jis'],
  [936, 'gb18030'],
  [949, 'euc-kr'],
  [950, 'big5'],
  [1200, 'utf-16le'],
  [10000, 'macintosh'],
  [20127, 'us-ascii'],
  [20866, 'koi8-r'],
  [21866, 'koi8-u'],
  [50220, 'iso-2022-jp'],
  [50221, 'iso-2022-jp'],
  [50222, 'iso-2022-jp'],
  [51932, 'euc-jp'],
  [51949, 'euc-kr'],
  [52936, 'hz-gb-2312'],
  [54936, 'gb18030'],
  [65000, 'utf-7'],
  [65001, 'utf-8'],
]);

/** The charset of a Windows code page, by its number. */
export const charsetOfCodepage = (codepage: number): string => {
  const known = Codepages.get(codepage);
  if (known !== undefined) return known;
  // 28591 to 28606 are ISO-8859-1 to ISO-8859-16.
  return codepage > 28590 && codepage < 28607 ? `iso-8859-${codepage - 28590}` : `cp${codepage}`;
};
