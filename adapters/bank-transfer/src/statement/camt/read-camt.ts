import { shown } from '../decimals.js';
import { invalidStatement } from '../invalid.js';
import { DEFAULT_MAX_BYTES, type StatementSource } from '../source.js';
import type { CamtItem, CamtKind, CamtMessage, CamtTransaction } from './camt-message.js';
import { readEntry, readStatementHead, readTransaction } from './camt-parts.js';
import { XmlReader, type XmlHandler } from './xml-reader.js';
import { xmlText } from './xml-text.js';
import { requiredText, type XmlNode } from './xml-tree.js';

export interface ReadCamtOptions {
  /** How large the file may be. Left out: 256 MiB. */
  readonly maxBytes?: number;
}

const BODIES: Readonly<Record<string, { readonly kind: CamtKind; readonly part: string }>> = {
  BkToCstmrAcctRpt: { kind: '052', part: 'Rpt' },
  BkToCstmrStmt: { kind: '053', part: 'Stmt' },
  BkToCstmrDbtCdtNtfctn: { kind: '054', part: 'Ntfctn' },
};
const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:(camt\.(05[234])\.001\.(\d\d))$/;
const VERSIONS = { first: 2, last: 14 };

/** Elements and characters of one entry or one part of it; real ones have about a hundred. */
const MAX_NODES = 10_000;
const MAX_TEXT = 512 * 1024;
/** Elements of a statement before its entries, most of them balances. */
const MAX_HEAD = 1_000;
/** Parts of one entry, which stay in memory until it is known that they add up. */
const MAX_PARTS = 50_000;

// Where an entry and its parts stand: Document / BkToCstmrStmt / Stmt / Ntry / NtryDtls / TxDtls.
const STATEMENT_DEPTH = 3;
const ENTRY_DEPTH = 4;

/**
 * Reads camt.052, camt.053 and camt.054, versions 02 to 14, entry by entry: memory does not grow with the file. Nothing counts
 * before the iteration has ended without an error.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line, for a file that is another message, hostile, damaged or cut off
 */
export async function* readCamt(
  source: StatementSource,
  { maxBytes = DEFAULT_MAX_BYTES }: ReadCamtOptions = {},
): AsyncGenerator<CamtItem, void> {
  const handler = new CamtHandler();
  const reader = new XmlReader(handler);
  for await (const text of xmlText(source, maxBytes)) {
    reader.write(text);
    yield* handler.take();
  }
  reader.end();
  handler.end();
  yield* handler.take();
}

/** Collects the elements below the statement one at a time, and tells each when it ends. */
class CamtHandler implements XmlHandler {
  #items: CamtItem[] = [];
  #depth = 0;
  /** Within an element of another namespace: nothing in there is ours. */
  #foreignSince: number | null = null;
  #namespace = '';
  #type: { readonly name: string; readonly kind: CamtKind } | null = null;
  #partName = '';
  #message: CamtMessage | null = null;
  #statements = 0;

  /** The elements that are being collected, from the outermost. */
  readonly #collecting: XmlNode[] = [];
  #nodes = 0;
  #characters = 0;

  #head: XmlNode | null = null;
  #headTold = false;
  #entries = 0;
  #transactions: CamtTransaction[] = [];

  take(): readonly CamtItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  end(): void {
    if (this.#statements === 0) throw invalidStatement('The message has no statement in it.');
  }

  open(name: string, namespace: string, attributes: ReadonlyMap<string, string>, line: number): void {
    this.#depth += 1;
    if (this.#foreignSince !== null) return;
    if (this.#depth === 1) return this.#openDocument(name, namespace, line);
    if (namespace !== this.#namespace) {
      this.#foreignSince = this.#depth;
      return;
    }
    if (this.#depth === 2) return this.#openBody(name, line);
    if (this.#depth === STATEMENT_DEPTH && name === this.#partName) return this.#openStatement(name, line, attributes);
    if (this.#depth === STATEMENT_DEPTH || this.#depth >= ENTRY_DEPTH)
      this.#collect({ name, line, attributes, children: [], text: '' });
  }

  text(text: string): void {
    if (this.#foreignSince !== null) return;
    const node = this.#collecting.at(-1);
    if (node === undefined) return;
    this.#characters += text.length;
    if (this.#characters > MAX_TEXT) throw invalidStatement('There is too much text in one entry.', node.line);
    node.text += text;
  }

  close(): void {
    const depth = this.#depth;
    this.#depth -= 1;
    if (this.#foreignSince !== null) {
      if (this.#foreignSince === depth) this.#foreignSince = null;
      return;
    }
    const node = this.#collecting.pop();
    if (node === undefined) {
      if (depth === STATEMENT_DEPTH && this.#head !== null) this.#closeStatement();
      return;
    }
    if (node.name === 'TxDtls' && this.#isPartOfEntry()) return this.#closeTransaction(node);
    if (this.#collecting.length > 0) return;
    this.#nodes = 0;
    this.#characters = 0;
    if (depth === STATEMENT_DEPTH) this.#closeHeader(node);
    else if (node.name === 'Ntry') this.#closeEntry(node);
    else this.#keep(node);
  }

  #openDocument(name: string, namespace: string, line: number): void {
    const [, type, kind, version] = NAMESPACE.exec(namespace) ?? [];
    if (name !== 'Document' || type === undefined) {
      throw invalidStatement('It is not a message camt.052, camt.053 or camt.054 of ISO 20022.', line);
    }
    if (Number(version) < VERSIONS.first || Number(version) > VERSIONS.last) {
      throw invalidStatement(`The version of ${type} is not one from 02 to 14.`, line);
    }
    this.#namespace = namespace;
    this.#type = { name: type, kind: kind as CamtKind };
  }

  #openBody(name: string, line: number): void {
    const body = Object.hasOwn(BODIES, name) ? BODIES[name] : undefined;
    if (body === undefined || body.kind !== this.#type!.kind || this.#partName !== '') {
      throw invalidStatement(`${shown(name)} is not what ${this.#type!.name} holds.`, line);
    }
    this.#partName = body.part;
  }

  #openStatement(name: string, line: number, attributes: ReadonlyMap<string, string>): void {
    if (this.#message === null) throw invalidStatement('There is no GrpHdr before the statement.', line);
    this.#statements += 1;
    this.#entries = 0;
    this.#headTold = false;
    this.#head = { name, line, attributes, children: [], text: '' };
  }

  #collect(node: XmlNode): void {
    const parent = this.#collecting.at(-1);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw invalidStatement('There are too many elements in one entry.', node.line);
    if (parent === undefined && node.name === 'Ntry') this.#transactions = [];
    parent?.children.push(node);
    this.#collecting.push(node);
  }

  #closeHeader(node: XmlNode): void {
    if (node.name !== 'GrpHdr') return;
    if (this.#message !== null) throw invalidStatement('There is a second GrpHdr.', node.line);
    this.#message = {
      type: this.#type!.name,
      kind: this.#type!.kind,
      messageId: requiredText(node, 'MsgId'),
      createdAt: requiredText(node, 'CreDtTm'),
    };
    this.#items.push({ item: 'message', message: this.#message });
  }

  #keep(node: XmlNode): void {
    if (this.#head === null || this.#headTold) return;
    if (this.#head.children.length >= MAX_HEAD) throw invalidStatement('There are too many balances.', node.line);
    this.#head.children.push(node);
  }

  #isPartOfEntry(): boolean {
    const [entry, details] = this.#collecting;
    return this.#collecting.length === 2 && entry!.name === 'Ntry' && details!.name === 'NtryDtls';
  }

  /** A part is read at once and let go, so that an entry may have many. */
  #closeTransaction(node: XmlNode): void {
    if (this.#transactions.length >= MAX_PARTS) {
      throw invalidStatement(`An entry has more than ${MAX_PARTS} parts.`, node.line);
    }
    this.#transactions.push(readTransaction(node));
    this.#collecting.at(-1)!.children.pop();
    this.#nodes = 0;
    this.#characters = 0;
  }

  #closeEntry(node: XmlNode): void {
    this.#tellHead();
    this.#entries += 1;
    this.#items.push({ item: 'entry', entry: readEntry(node, this.#transactions) });
    this.#transactions = [];
  }

  #closeStatement(): void {
    this.#tellHead();
    this.#items.push({ item: 'end', end: { entries: this.#entries } });
    this.#head = null;
  }

  /** Balances and the account stand before the entries; what comes later says nothing of either. */
  #tellHead(): void {
    if (this.#headTold) return;
    this.#headTold = true;
    this.#items.push({ item: 'statement', statement: readStatementHead(this.#head!) });
  }
}
