import { createHash } from 'node:crypto';
import { ERROR_CODES, type ErrorCode, type ErrorDefinition } from '@itpay/core';

// The texts come from the table of codes and hold no markup of their own, but an ampersand or an angle bracket may get in.
const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const TYPE_TITLES: Readonly<Record<ErrorDefinition['type'], string>> = {
  validation: 'The request is not valid',
  authentication: 'Who calls is not known',
  authorization: 'The caller may not do this',
  not_found: 'There is no such thing',
  conflict: 'It does not fit what is there',
  payment: 'The payment',
  channel: 'The channel',
  rate_limit: 'Too many requests',
  server: 'The server',
};

const CODES = Object.entries(ERROR_CODES) as readonly [ErrorCode, ErrorDefinition][];

export function codePage(code: ErrorCode): string {
  const { status, type, retryable, meaning, fix } = ERROR_CODES[code];
  return page({
    title: code,
    // The links are relative, because the page may be reached under another address than the configured one.
    body: `<nav><a href="../errors">All error codes</a></nav>
<h1><code>${code}</code></h1>
<p class="meaning">${escapeHtml(meaning)}</p>
<h2>What to do</h2>
<p>${escapeHtml(fix)}</p>
<dl>
<dt>HTTP status</dt><dd>${status}</dd>
<dt>Type</dt><dd><code>${type}</code></dd>
<dt>Retryable</dt><dd>${retryable ? 'Yes: the same request may succeed later.' : 'No: the same request fails again.'}</dd>
</dl>`,
  });
}

export function listPage(): string {
  const types = [...new Set(CODES.map(([, { type }]) => type))];
  const sections = types.map((type) => {
    const rows = CODES.filter(([, definition]) => definition.type === type).map(
      ([code, { status, retryable, meaning }]) =>
        `<li><a href="errors/${code}"><code>${code}</code></a> <span class="status">${status}${retryable ? ' · retryable' : ''}</span><br>${escapeHtml(meaning)}</li>`,
    );
    return `<h2>${TYPE_TITLES[type]}</h2>\n<ul>\n${rows.join('\n')}\n</ul>`;
  });
  return page({
    title: 'Error codes',
    body: `<nav><a href="docs">API reference</a></nav>
<h1>Error codes</h1>
<p>A program branches on <code>error.code</code>, never on its text. Where the same request may succeed later, the error says
<code>"retryable": true</code>.</p>
${sections.join('\n')}`,
  });
}

/**
 * For codes that a plugin brings, and for those of a newer release. It does not repeat what was asked for, so that the
 * address bar cannot put words on the page.
 */
export function otherCodePage(): string {
  return page({
    title: 'Error code of a plugin',
    body: `<nav><a href="../errors">All error codes</a></nav>
<h1>Not a code of the framework</h1>
<p class="meaning">A plugin of this installation brings this code, or a newer release does.</p>
<h2>What to do</h2>
<p>Read <code>message</code> and <code>details</code> of the error, and the documentation of the plugin. The HTTP status and
<code>retryable</code> in the error mean the same as for every other code: with <code>true</code>, the same request may succeed
later.</p>`,
  });
}

export function noCodePage(): string {
  return page({
    title: 'No error code',
    body: `<h1>This is no error code</h1>
<p>Codes are upper case, such as <code>PARAMETER_MISSING</code>.</p>
<p><a href="../errors">All error codes</a></p>`,
  });
}

const page = ({ title, body }: { title: string; body: string }) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ItPay</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;

const STYLE = `
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5c6470; --line: #d9dde3; --page: #fff; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --soft: #9aa3ae; --line: #343a42; --page: #16181b; --link: #8ab4f8; }
}
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 0; }
h2 + p { margin-top: .25rem; }
code { font: .95em ui-monospace, monospace; }
a { color: var(--link); }
.meaning { font-size: 1.125rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 2rem 0 0; padding: 1rem 0 0;
  border-top: 1px solid var(--line); }
dt, .status { color: var(--soft); }
dd { margin: 0; }
ul { list-style: none; padding: 0; }
li { padding: .75rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
`;

/** Allows the page's own style sheet, by its hash, and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
