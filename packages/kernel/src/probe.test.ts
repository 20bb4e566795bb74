import { expect, it } from 'vitest';
import { assemble, provide } from './container.js';
import { definePlugin } from './plugin.js';
import { point, token } from './token.js';
const P = point<string>('probe.p');
const A = token<string>('probe.a'); const B = token<string>('probe.b'); const Clk = token<string>('probe.clk');
const t = (p: Promise<unknown>) => Promise.race([p.then(() => 'ok', (e) => 'ERR ' + e.message.slice(0, 200)), new Promise((r) => setTimeout(() => r('HANG'), 1500))]);
it.each<[string, any[]]>([
  ['circle own', [definePlugin({ name: 'x', version: '1', register: (r) => { r.own(A, [B], (b) => b); r.own(B, [A], (a) => a); } })]],
  ['circle point', [definePlugin({ name: 'x', version: '1', api: A, register: (r) => { r.own(A, [P], () => 'a'); r.contribute(P, [A], () => 'p'); } })]],
  ['circle api', [definePlugin({ name: 'x', version: '1', api: A, register: (r) => { r.own(A, [B], () => 'a'); } }), definePlugin({ name: 'y', version: '1', api: B, register: (r) => { r.own(B, [A], () => 'a'); } })]],
  ['replace self', [definePlugin({ name: 'x', version: '1', register: (r) => { r.replace(Clk, [Clk], (c) => c + 'x'); } })]],
  ['api not owned', [definePlugin({ name: 'x', version: '1', api: A })]],
  ['api not owned, used', [definePlugin({ name: 'x', version: '1', api: A }), definePlugin({ name: 'y', version: '1', register: (r) => { r.own(B, [A], (a) => a); } })]],
  ['missing', [definePlugin({ name: 'y', version: '1', register: (r) => { r.own(B, [A], (a) => a); } })]],
  ['twice', [definePlugin({ name: 'y', version: '1', register: (r) => { r.own(B, [], () => 'a'); r.own(B, [], () => 'b'); } })]],
  ['same api', [definePlugin({ name: 'x', version: '1', api: A, register: (r) => { r.own(A, [], () => 'x'); } }), definePlugin({ name: 'y', version: '1', api: A, register: (r) => { r.own(A, [], () => 'y'); } })]],
  ['register throws', [definePlugin({ name: 'y', version: '1', register: () => { throw new Error('boo') } })]],
])('%s', async (name, plugins) => {
  let made: any;
  console.log(name, await t(assemble([provide(Clk, [], () => 'clk')], plugins).then((a) => { made = a; })), made?.apis);
}, 5000);
