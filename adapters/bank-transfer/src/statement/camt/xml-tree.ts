import { invalidStatement } from '../invalid.js';

/** One element that was read as a whole. */
export interface XmlNode {
  readonly name: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  text: string;
}

/**
 * The element at a path such as `Id/IBAN`; undefined where there is none.
 *
 * @throws ItPayError `STATEMENT_INVALID` when there are two on the way: then nobody knows which one is meant
 */
export function at(node: XmlNode, path: string): XmlNode | undefined {
  let found = node;
  for (const name of path.split('/')) {
    const [first, second]: XmlNode[] = found.children.filter((child) => child.name === name);
    if (second !== undefined) throw invalidStatement(`${found.name} has more than one ${name}.`, second.line);
    if (first === undefined) return undefined;
    found = first;
  }
  return found;
}

/** The text of the element at a path, without spaces around it; undefined where there is none, or nothing in it. */
export function textAt(node: XmlNode, path: string): string | undefined {
  return at(node, path)?.text.trim() || undefined;
}

/** As `textAt`, of all elements with the last name of the path. */
export function textsAt(node: XmlNode, path: string): readonly string[] {
  let nodes: readonly XmlNode[] = [node];
  for (const name of path.split('/')) {
    nodes = nodes.flatMap(({ children }) => children.filter((child) => child.name === name));
  }
  return nodes.map(({ text }) => text.trim()).filter((text) => text !== '');
}

/** @throws ItPayError `STATEMENT_INVALID` when there is none, or nothing in it */
export function requiredText(node: XmlNode, path: string): string {
  const text = textAt(node, path);
  if (text === undefined) throw invalidStatement(`${node.name} has no ${path}.`, node.line);
  return text;
}
