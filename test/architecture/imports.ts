export interface Import {
  specifier: string;
  /** Nothing of it is left when the file runs. */
  typeOnly: boolean;
}

// Patterns instead of a parser: the sources are formatted by Prettier, so that a declaration starts a line. What they
// recognise is tested in imports.test.ts.
const declaration = /^[ \t]*(import|export)(\s+type(?=\s+[\w*{]))?\s+(?:[\w*\s{},$]*?\sfrom\s*)?(['"])([^'"\n]+)\3/gm;
const call = /(typeof\s+)?\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\2\s*\)(\s*\.\s*[A-Z])?/g;

/** What a module imports and re-exports, statically and with `import()`. */
export function importsOf(source: string): Import[] {
  const code = withoutCommentsAndTemplates(source);
  const declared = [...code.matchAll(declaration)].map(([, , type, , specifier]) => ({
    specifier: specifier!,
    // `import { type A }` is not type-only: under verbatimModuleSyntax the module is still loaded.
    typeOnly: type !== undefined,
  }));
  const called = [...code.matchAll(call)].map(([, typeOf, , specifier, member]) => ({
    specifier: specifier!,
    typeOnly: typeOf !== undefined || member !== undefined, // `typeof import('x')`, `import('x').Name`
  }));
  return [...declared, ...called];
}

/** Strings stay, because specifiers are strings. Templates go: generated code in them is not this module's code. */
function withoutCommentsAndTemplates(source: string): string {
  const token = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`(?:\\[^]|[^`\\])*`|\/\*[^]*?\*\/|\/\/[^\n]*/g;
  return source.replace(token, (match, string?: string) => string ?? (match.startsWith('`') ? '``' : ''));
}
