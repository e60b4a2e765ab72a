/** Named characters of HTML 4 (its section 24), and the few later ones that mail uses. */

/** U+00A0 to U+00FF, in order. */
const Latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro ' +
  'para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil ' +
  'Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave ' +
  'Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml ' +
  'igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute ' +
  'thorn yuml';

/** U+0391 to U+03C9, in order; `-` is a place without a name. */
const Greek =
  'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau Upsilon Phi Chi ' +
  'Psi Omega - - - - - - - alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho ' +
  'sigmaf sigma tau upsilon phi chi psi omega';

/** The others, by name. */
const Others: Readonly<Record<string, string>> = {
  ...{ amp: '&', AMP: '&', lt: '<', LT: '<', gt: '>', GT: '>', quot: '"', QUOT: '"', apos: "'" },
  ...{ OElig: 'Œ', oelig: 'œ', Scaron: 'Š', scaron: 'š', Yuml: 'Ÿ', fnof: 'ƒ', circ: 'ˆ', tilde: '˜' },
  ...{ ensp: '\u2002', emsp: '\u2003', thinsp: '\u2009', zwnj: '\u200c', zwj: '\u200d', lrm: '\u200e', rlm: '\u200f' },
  ...{ ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„' },
  ...{
    dagger: '†',
    Dagger: '‡',
    bull: '•',
    hellip: '…',
    permil: '‰',
    prime: '′',
    Prime: '″',
    lsaquo: '‹',
    rsaquo: '›',
  },
  ...{ oline: '‾', frasl: '⁄', euro: '€', trade: '™', larr: '←', uarr: '↑', rarr: '→', darr: '↓', harr: '↔' },
  ...{ rArr: '⇒', lArr: '⇐', hArr: '⇔', forall: '∀', part: '∂', exist: '∃', empty: '∅', isin: '∈', ni: '∋', prod: '∏' },
  ...{ sum: '∑', minus: '−', radic: '√', infin: '∞', and: '∧', or: '∨', cap: '∩', cup: '∪', int: '∫', sim: '∼' },
  ...{ asymp: '≈', ne: '≠', equiv: '≡', le: '≤', ge: '≥', sub: '⊂', sup: '⊃', loz: '◊', spades: '♠', clubs: '♣' },
  ...{ hearts: '♥', diams: '♦', check: '✓', star: '☆', phone: '☎', zwsp: '\u200b', ZeroWidthSpace: '\u200b' },
  ...{ num: '#', percnt: '%', lpar: '(', rpar: ')', commat: '@', colon: ':', semi: ';', period: '.', comma: ',' },
  ...{ excl: '!', quest: '?', dollar: '$', lowbar: '_', sol: '/', bsol: '\\', ast: '*', plus: '+', equals: '=' },
  ...{ lsqb: '[', rsqb: ']', lcub: '{', rcub: '}', verbar: '|', grave: '`', hyphen: '‐', NewLine: '\n', Tab: '\t' },
};

const fromList = (names: string, first: number): [string, string][] =>
  names.split(' ').map((name, i) => [name, String.fromCharCode(first + i)]);

const Entities: ReadonlyMap<string, string> = new Map([
  ...fromList(Latin1, 0xa0),
  ...fromList(Greek, 0x391),
  ...Object.entries(Others),
]);

/** What numeric references 128 to 159 mean: the characters of windows-1252 (WHATWG HTML, 13.2.5.84). */
const Windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const numeric = (code: number): string => {
  if (code >= 0x80 && code <= 0x9f) return Windows1252[code - 0x80] as string;
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : '\ufffd';
};

/** Replaces character references; what is none stays as it is. */
export const decodeEntities = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,8})|#x([0-9a-f]{1,7})|([a-z][a-z\d]{1,30}));?/gi, (all, decimal, hex, name) => {
        if (decimal !== undefined) return numeric(Number(decimal));
        if (hex !== undefined) return numeric(Number.parseInt(hex, 16));
        return Entities.get(name) ?? all;
      })
    : text;
