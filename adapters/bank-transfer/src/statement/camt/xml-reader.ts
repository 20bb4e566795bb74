import { invalidStatement } from '../invalid.js';

/** What is told about a document while it is read. Names come without their prefix. */
export interface XmlHandler {
  open(name: string, namespace: string, attributes: ReadonlyMap<string, string>, line: number): void;
  text(text: string): void;
  close(): void;
}

interface OpenElement {
  readonly qname: string;
  readonly prefixes: ReadonlyMap<string, string>;
}

/** Deeper than any message of ISO 20022. */
const MAX_DEPTH = 40;
/** Of one tag, text or comment, in characters. */
const MAX_TOKEN = 256 * 1024;

const NAME = '[A-Za-z_\\u00c0-\\uffff][\\w.\\-\\u00b7\\u00c0-\\uffff]*';
const QNAME = new RegExp(`^(?:${NAME}:)?${NAME}$`);
const ATTRIBUTE = new RegExp(`\\s+((?:${NAME}:)?${NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
// Not allowed in XML 1.0, raw or as a reference.
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads the part of XML 1.0 that messages of ISO 20022 use, in pieces and strictly: elements, attributes, namespaces, text,
 * CDATA, comments. A document type is refused, and with it all entities but the five of XML; so are instructions, deep
 * nesting, and anything that is not well-formed. What is kept is one token and the names of the open elements.
 */
export class XmlReader {
  /** Where reading has come to, counted from 1. */
  line = 1;
  readonly #handler: XmlHandler;
  readonly #open: OpenElement[] = [];
  #rest = '';
  #started = false;
  #hadRoot = false;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** @throws ItPayError `STATEMENT_INVALID` with the line */
  write(text: string): void {
    const all = this.#rest + text;
    let at = 0;
    for (;;) {
      const end = this.#tokenEnd(all, at);
      if (end < 0) break;
      this.#token(all.slice(at, end));
      at = end;
    }
    this.#rest = all.slice(at);
    if (this.#rest.length > MAX_TOKEN) throw this.#error(`There are more than ${MAX_TOKEN} characters in one piece.`);
  }

  /** @throws ItPayError `STATEMENT_INVALID` when the document is not complete */
  end(): void {
    if (this.#rest.trim() !== '' || this.#open.length > 0 || !this.#hadRoot) {
      throw this.#error('The file ends within the message: it was cut off, or it is no XML.');
    }
  }

  /** Where the tag, text, comment or section at this place ends; -1 when more has to come first. */
  #tokenEnd(all: string, at: number): number {
    if (at >= all.length) return -1;
    if (all[at] !== '<') {
      const end = all.indexOf('<', at);
      return end;
    }
    if (all.startsWith('<!', at)) {
      if (all.startsWith('<!--', at)) return after(all, '-->', at + 4);
      if (all.startsWith('<![CDATA[', at)) return after(all, ']]>', at + 9);
      if (all.length - at < 9) return -1;
      throw this.#error('It declares a document type, which no statement needs and which can hide entities.');
    }
    if (all.startsWith('<?', at)) return after(all, '?>', at + 2);
    return tagEnd(all, at);
  }

  #token(token: string): void {
    if (FORBIDDEN.test(token)) throw this.#error('There is a control character.');
    if (token[0] !== '<') this.#text(token);
    else if (token.startsWith('<![CDATA[')) this.#content(token.slice(9, -3));
    else if (token.startsWith('<!--')) this.#comment(token);
    else if (token.startsWith('<?')) this.#instruction(token);
    else if (token.startsWith('</')) this.#close(token);
    else this.#openTag(token);
    this.#started = true;
    for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) this.line += 1;
  }

  #text(token: string): void {
    if (token.includes(']]>')) throw this.#error('There is ]]> outside of a section.');
    if (this.#open.length === 0) {
      const text = this.#started ? token : token.replace(/^\ufeff/, '');
      if (/[^ \t\r\n]/.test(text)) throw this.#error('There is text outside of the message.');
      return;
    }
    this.#handler.text(this.#resolved(token));
  }

  #content(text: string): void {
    if (this.#open.length === 0) throw this.#error('There is text outside of the message.');
    this.#handler.text(text);
  }

  #comment(token: string): void {
    if (token.slice(4, -3).includes('--')) throw this.#error('There is -- within a comment.');
  }

  #instruction(token: string): void {
    if (!/^<\?xml\s/.test(token) || this.#started) throw this.#error('There is a processing instruction.');
    if (!/^<\?xml\s+version\s*=\s*(["'])1\.0\1(?:\s[^<>]*)?\?>$/.test(token)) {
      throw this.#error('Its XML declaration is not one of version 1.0.');
    }
  }

  #close(token: string): void {
    const open = this.#open.pop();
    const name = token.slice(2, -1).replace(/[ \t\r\n]+$/, '');
    if (open?.qname !== name) throw this.#error('An end tag does not fit its start tag.');
    this.#handler.close();
  }

  #openTag(token: string): void {
    const isEmpty = token.endsWith('/>');
    const inside = token.slice(1, isEmpty ? -2 : -1);
    const [qname = ''] = /^[^\s]*/.exec(inside) ?? [];
    if (!QNAME.test(qname)) throw this.#error('There is a tag without a name.');
    if (this.#open.length === 0 && this.#hadRoot) throw this.#error('There is a second document in the file.');
    if (this.#open.length >= MAX_DEPTH) throw this.#error(`It is nested more than ${MAX_DEPTH} deep.`);
    this.#hadRoot = true;

    const attributes = inside.length === qname.length ? NO_ATTRIBUTES : this.#attributes(inside, qname.length);
    const prefixes = this.#prefixes(attributes);
    const [prefix, name] = qname.includes(':') ? (qname.split(':') as [string, string]) : ['', qname];
    const namespace = prefixes.get(prefix);
    if (namespace === undefined && prefix !== '') throw this.#error('A tag has a prefix that is not declared.');
    this.#open.push({ qname, prefixes });
    this.#handler.open(name, namespace ?? '', attributes, this.line);
    if (!isEmpty) return;
    this.#open.pop();
    this.#handler.close();
  }

  #attributes(inside: string, from: number): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    ATTRIBUTE.lastIndex = from;
    let at = from;
    for (let match = ATTRIBUTE.exec(inside); match !== null; match = ATTRIBUTE.exec(inside)) {
      const [, name, double, single] = match;
      if (attributes.has(name!)) throw this.#error('A tag has an attribute twice.');
      attributes.set(name!, this.#resolved(double ?? single ?? ''));
      at = ATTRIBUTE.lastIndex;
    }
    if (inside.slice(at).trim() !== '') throw this.#error('A tag is not well-formed.');
    return attributes;
  }

  #prefixes(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const outer = this.#open.at(-1)?.prefixes ?? NO_PREFIXES;
    const declared = [...attributes].filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'));
    if (declared.length === 0) return outer;
    return new Map([...outer, ...declared.map(([name, uri]) => [name.slice(6), uri] as const)]);
  }

  #resolved(text: string): string {
    if (!text.includes('&')) return text;
    return text.replace(/&([^;&]{0,12};)?/g, (_, reference: string | undefined) => {
      const name = reference?.slice(0, -1) ?? '';
      const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name) ?? [];
      const code = hex !== undefined ? parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : null;
      const isSurrogate = code !== null && code >= 0xd800 && code <= 0xdfff;
      const character =
        code === null ? ENTITIES[name] : isSurrogate || code > 0x10ffff ? '\0' : String.fromCodePoint(code);
      if (character === undefined || FORBIDDEN.test(character))
        throw this.#error('There is an entity that is not of XML.');
      return character;
    });
  }

  #error(problem: string): Error {
    return invalidStatement(problem, this.line);
  }
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();
const NO_PREFIXES: ReadonlyMap<string, string> = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

function after(all: string, mark: string, from: number): number {
  const at = all.indexOf(mark, from);
  return at < 0 ? -1 : at + mark.length;
}

/** A tag ends at the first > outside of quotes. */
function tagEnd(all: string, at: number): number {
  let end = all.indexOf('>', at);
  const quote = all.slice(at, end < 0 ? undefined : end).search(/["']/);
  if (end < 0 || quote < 0) return end < 0 ? -1 : end + 1;
  let from = at + quote;
  for (;;) {
    const close = all.indexOf(all[from]!, from + 1);
    if (close < 0) return -1;
    end = all.indexOf('>', close);
    if (end < 0) return -1;
    const next = all.slice(close + 1, end).search(/["']/);
    if (next < 0) return end + 1;
    from = close + 1 + next;
  }
}
