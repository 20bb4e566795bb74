/** The looks of the reference page. Its hash stands in the page's policy. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5c6470; --line: #d9dde3; --page: #fff; --panel: #f5f6f8;
  --link: #0b57d0; --get: #146c43; --post: #0b57d0; --patch: #8a5300; --delete: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --soft: #9aa3ae; --line: #343a42; --page: #16181b; --panel: #1f2227; --link: #8ab4f8;
    --get: #6dd58c; --post: #8ab4f8; --patch: #fbbc6b; --delete: #f2b8b5; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
a { color: var(--link); }
code, pre { font: .875em/1.5 ui-monospace, monospace; }
nav { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); }
nav summary { cursor: pointer; font-weight: 600; }
nav ul { list-style: none; margin: 0 0 .75rem; padding: 0; }
nav li { margin: .15rem 0; font-size: .875rem; }
nav h2 { margin: 1rem 0 .25rem; font-size: .8125rem; color: var(--soft); }
nav a { text-decoration: none; color: var(--text); }
nav a:hover, nav a:focus { color: var(--link); text-decoration: underline; }
main { max-width: 54rem; padding: 1.5rem 1.25rem 4rem; min-width: 0; }
h1 { font-size: 1.625rem; line-height: 1.25; margin: 0 0 .5rem; }
main h2 { font-size: 1.25rem; margin: 3rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
article { margin: 2.25rem 0; }
h3 { font-size: 1.0625rem; margin: 0; }
h4 { font-size: .875rem; margin: 1.25rem 0 .25rem; color: var(--soft); }
p { margin: .5rem 0; }
.call { margin: .25rem 0; overflow-wrap: anywhere; }
.method { font-weight: 700; }
.GET { color: var(--get); } .POST { color: var(--post); } .PATCH { color: var(--patch); } .DELETE { color: var(--delete); }
.soft { color: var(--soft); }
dl { margin: 0; }
dl > div { padding: .5rem 0; border-top: 1px solid var(--line); }
dt { overflow-wrap: anywhere; }
dd { margin: .125rem 0 0; color: var(--soft); }
dd dl { margin: .375rem 0 0 .25rem; padding-left: .75rem; border-left: 2px solid var(--line); }
details { margin: .375rem 0; }
details > summary { cursor: pointer; }
.code { position: relative; margin: .5rem 0; }
pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; background: var(--panel); border-radius: .375rem; }
.copy { position: absolute; top: .375rem; right: .375rem; font: .75rem system-ui, sans-serif; color: var(--text);
  background: var(--page); border: 1px solid var(--line); border-radius: .25rem; padding: .25rem .5rem; cursor: pointer; }
ul.codes { list-style: none; padding: 0; margin: .25rem 0; }
ul.codes li { padding: .125rem 0; overflow-wrap: anywhere; }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 18rem minmax(0, 1fr); }
  nav { border: 0; border-right: 1px solid var(--line); height: 100vh; position: sticky; top: 0; overflow-y: auto; }
  main { padding: 2rem 2.5rem 6rem; }
}
`;

/** Opens the list of contents where there is room for it, and makes the commands copyable. */
export const SCRIPT = `
if (matchMedia('(min-width: 64rem)').matches) document.querySelector('nav details').open = true;
if (navigator.clipboard) for (const button of document.querySelectorAll('.copy')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.nextElementSibling.textContent);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
}
`;
