import { describe, expect, it } from 'vitest';
import { assemble } from './container.js';
import { definePlugin, type AnyPlugin, type Registry } from './plugin.js';
import { point, token } from './token.js';
import { provide } from './wiring.js';

interface Named {
  readonly name: string;
}
const Clock = token<Named>('test.clock');
const Mail = token<Named>('test.mail');
const Stamp = token<Named>('test.stamp');
const Rails = point<string>('test.rails');
const Route = point<string>('test.routes');

const plugin = (name: string, register: (registry: Registry) => void, rest: Partial<AnyPlugin> = {}): AnyPlugin =>
  definePlugin({ name, version: '1', register, ...rest });
const clock = provide(Clock, [], () => ({ name: 'the clock' }));
const start = (plugins: readonly AnyPlugin[], provisions = [clock]) => assemble(provisions, plugins);

it('lets the kernel add to an extension point as plugins do', async () => {
  const ours = provide(Rails, [Clock], ({ name }) => `by the kernel and ${name}`);
  const theirs = plugin('shop', (registry) => registry.contribute(Rails, [], () => 'by a plugin'));
  const reader = provide(Stamp, [Rails], (rails) => ({ name: rails.join(', ') }));

  const { all, get } = await start([theirs], [clock, ours, reader]);

  expect(all(Rails)).toEqual(['by a plugin', 'by the kernel and the clock']);
  expect(get(Stamp).name).toBe('by a plugin, by the kernel and the clock');
});

describe('a plugin', () => {
  it('receives what it asks for, in the order in which it asks', async () => {
    const { all } = await start([
      plugin('shop', (registry) => {
        registry.own(Mail, [Clock], ({ name }) => ({ name: `mail by ${name}` }));
        registry.contribute(Rails, [Mail, Clock], (mail, { name }) => `${mail.name}, ${name}`);
      }),
    ]);

    expect(all(Rails)).toEqual(['mail by the clock, the clock']);
  });

  it('does not see what another plugin owns', async () => {
    const owner = plugin('owner', (registry) => registry.own(Mail, [], () => ({ name: 'mine' })));
    const curious = plugin('curious', (registry) => registry.contribute(Rails, [Mail], ({ name }) => name));

    await expect(start([owner, curious])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: 'The plugin "curious" could not start: test.rails needs test.mail, which nothing provides to it.',
    });
  });

  it('has its own service where another one owns one of the same name', async () => {
    const both = ['a', 'b'].map((name) =>
      plugin(name, (registry) => {
        registry.own(Mail, [], () => ({ name: `mail of ${name}` }));
        registry.contribute(Rails, [Mail], (mail) => mail.name);
      }),
    );

    const { all } = await start(both);

    expect(all(Rails)).toEqual(['mail of a', 'mail of b']);
  });

  it('may own a service in place of the kernel’s, for itself alone', async () => {
    const own = plugin('own', (registry) => {
      registry.own(Clock, [], () => ({ name: 'a clock of its own' }));
      registry.contribute(Rails, [Clock], ({ name }) => name);
    });
    const other = plugin('other', (registry) => registry.contribute(Rails, [Clock], ({ name }) => name));

    const { all, get } = await start([own, other]);

    expect(all(Rails)).toEqual(['a clock of its own', 'the clock']);
    expect(get(Clock).name).toBe('the clock');
  });

  it('sees the api of another, whichever is listed first', async () => {
    const user = plugin('user', (registry) => registry.contribute(Rails, [Mail], ({ name }) => name));
    const owner = plugin('owner', (registry) => registry.own(Mail, [], () => ({ name: 'for all' })), { api: Mail });

    const { all, apis, get } = await start([user, owner]);

    expect(all(Rails)).toEqual(['for all']);
    expect(apis).toEqual({ owner: { name: 'for all' } });
    expect(get(Mail)).toBe(apis['owner']);
  });
});

describe('a service', () => {
  it('is built once, also when it is slow and several ask for it', async () => {
    let built = 0;
    const slow = plugin('slow', (registry) => {
      registry.contribute(Rails, [Mail], ({ name }) => name);
      registry.contribute(Route, [Mail], ({ name }) => name);
      registry.own(Mail, [], async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return { name: `${(built += 1)}` };
      });
      registry.own(Stamp, [Rails, Route, Mail], (rails, routes, mail) => ({
        name: [...rails, ...routes, mail.name].join(),
      }));
    });

    await start([slow]);

    expect(built).toBe(1);
  });

  it('of a plugin is not for the host, unless it is its api', async () => {
    const { get } = await start([plugin('owner', (registry) => registry.own(Mail, [], () => ({ name: 'mine' })))]);

    expect(() => get(Mail)).toThrow('Nothing provides test.mail to the host.');
  });

  it('is not shared between two kernels in one process', async () => {
    const make = () => start([plugin('p', (registry) => registry.own(Mail, [], () => ({ name: 'm' })), { api: Mail })]);

    const [one, two] = [await make(), await make()];

    expect(one.get(Mail)).not.toBe(two.get(Mail));
    expect(one.get(Clock)).not.toBe(two.get(Clock));
  });
});

describe('an extension point', () => {
  it('collects in plugin order, and flattens lists', async () => {
    const { all } = await start([
      plugin('a', (registry) => {
        registry.contribute(Rails, [], () => ['a1', 'a2']);
        registry.contribute(Rails, [], async () => 'a3');
      }),
      plugin('b', (registry) => registry.contribute(Rails, [], () => [])),
      plugin('c', (registry) => registry.contribute(Rails, [], () => 'c1')),
    ]);

    expect(all(Rails)).toEqual(['a1', 'a2', 'a3', 'c1']);
  });

  it('is an empty list where nobody contributes: for the host, and for who depends on it', async () => {
    const { all, get } = await start([], [clock, provide(Mail, [Rails], (rails) => ({ name: JSON.stringify(rails) }))]);

    expect(all(Rails)).toEqual([]);
    expect(get(Mail).name).toBe('[]');
  });

  it('gives who depends on it everything, also what is listed later', async () => {
    const { all } = await start([
      plugin('a', (registry) => registry.contribute(Route, [Rails], (rails) => rails.join())),
      plugin('b', (registry) => registry.contribute(Rails, [], () => ['b1', 'b2'])),
    ]);

    expect(all(Route)).toEqual(['b1,b2']);
  });
});

describe('replace', () => {
  it('takes the place of a driver for everybody', async () => {
    const faster = plugin('faster', (registry) =>
      registry.replace(Clock, [], async () => ({ name: 'a faster clock' })),
    );
    const user = plugin('user', (registry) => registry.contribute(Rails, [Clock], ({ name }) => name));

    const { all, get } = await start(
      [user, faster],
      [clock, provide(Mail, [Clock], ({ name }) => ({ name: `mail by ${name}` }))],
    );

    expect(all(Rails)).toEqual(['a faster clock']);
    expect(get(Mail).name).toBe('mail by a faster clock');
  });

  it('does not even build what it replaces', async () => {
    let built = false;
    const other = plugin('other', (registry) => registry.replace(Clock, [], () => ({ name: 'another clock' })));

    await start([other], [provide(Clock, [], () => ((built = true), { name: 'the clock' }))]);

    expect(built).toBe(false);
  });
});

describe('the start stops', () => {
  const own = (name: string, rest?: Partial<AnyPlugin>) =>
    plugin(name, (registry) => registry.own(Mail, [], () => ({ name })), rest);

  it.each<[why: string, plugins: AnyPlugin[], message: string]>([
    [
      'when something is missing',
      [plugin('shop', (registry) => registry.own(Mail, [Stamp], (stamp) => stamp))],
      'The plugin "shop" could not start: test.mail needs test.stamp, which nothing provides to it.',
    ],
    [
      'when a plugin registers a service twice',
      [plugin('shop', (registry) => [1, 2].forEach(() => registry.own(Mail, [], () => ({ name: '' }))))],
      'The plugin "shop" could not start: It registers test.mail twice. Keep one.',
    ],
    [
      'when two plugins replace one driver',
      ['a', 'b'].map((name) => plugin(name, (registry) => registry.replace(Clock, [], () => ({ name })))),
      'test.clock comes from the plugin "a" and from the plugin "b". Keep one.',
    ],
    [
      'when two plugins have one api',
      [own('a', { api: Mail }), own('b', { api: Mail })],
      'test.mail comes from the plugin "a" and from the plugin "b". Keep one.',
    ],
    [
      'when a plugin offers what the kernel provides',
      [plugin('a', (registry) => registry.own(Clock, [], () => ({ name: 'a' })), { api: Clock })],
      'test.clock comes from the plugin "a" and from the kernel. Keep one.',
    ],
    [
      'when a plugin does not register its api',
      [plugin('shop', () => {}, { api: Mail })],
      'The plugin "shop" could not start: Its api is test.mail, but register() does not own() it.',
    ],
    [
      'when register() throws',
      [
        plugin('shop', () => {
          throw new Error('no key given');
        }),
      ],
      'The plugin "shop" could not start: no key given',
    ],
    [
      'when services of one plugin need each other',
      [
        plugin('shop', (registry) => {
          registry.own(Mail, [Stamp], (stamp) => stamp);
          registry.own(Stamp, [Mail], (mail) => mail);
        }),
      ],
      'The plugin "shop" could not start: Services need each other in a circle: test.mail → test.stamp → test.mail.',
    ],
    [
      'when two plugins need each other’s api',
      [
        plugin('a', (registry) => registry.own(Mail, [Stamp], (stamp) => stamp), { api: Mail }),
        plugin('b', (registry) => registry.own(Stamp, [Mail], (mail) => mail), { api: Stamp }),
      ],
      'The plugin "a" could not start: Services need each other in a circle: test.mail → test.stamp → test.mail.',
    ],
    [
      'when an api needs a point that needs the api',
      [
        plugin(
          'shop',
          (registry) => {
            registry.own(Mail, [Rails], () => ({ name: 'mail' }));
            registry.contribute(Rails, [Mail], ({ name }) => name);
          },
          { api: Mail },
        ),
      ],
      'The plugin "shop" could not start: Services need each other in a circle: test.mail → test.rails → test.mail.',
    ],
    [
      'when a driver needs what it replaces',
      [plugin('shop', (registry) => registry.replace(Clock, [Clock], (inner) => inner))],
      'The plugin "shop" could not start: Services need each other in a circle: test.clock → test.clock.',
    ],
  ])('%s', async (_why, plugins, message) => {
    await expect(start(plugins)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', param: 'plugins', message });
  });

  it('when a factory throws, with the name of the plugin whose it is and the cause', async () => {
    const cause = new Error('certificate expired');
    const broken = plugin('wechat', (registry) => registry.own(Mail, [], () => Promise.reject(cause)), { api: Mail });
    const user = plugin('user', (registry) => registry.contribute(Rails, [Mail], ({ name }) => name));

    await expect(start([user, broken])).rejects.toMatchObject({
      message: 'The plugin "wechat" could not start: certificate expired',
      cause,
    });
  });
});

describe('close', () => {
  const closing =
    (closed: string[], failing: readonly string[] = []) =>
    (name: string) =>
    () => {
      closed.push(name);
      if (failing.includes(name)) throw new Error(`${name} does not close`);
    };
  const chain = (ends: (name: string) => () => void) => [
    plugin('shop', (registry) => {
      registry.own(Stamp, [Mail], () => ({ name: 'stamp' }), ends('stamp'));
      registry.own(Mail, [Clock], () => ({ name: 'mail' }), ends('mail'));
    }),
  ];
  const closable = (ends: (name: string) => () => void) => [
    provide(Clock, [], () => ({ name: 'clock' }), ends('clock')),
  ];

  it('ends the newest first, once, and what others need last', async () => {
    const closed: string[] = [];
    const { close } = await start(chain(closing(closed)), closable(closing(closed)));

    await close();
    await close();

    expect(closed).toEqual(['stamp', 'mail', 'clock']);
  });

  it('ends the rest when one fails, and says so afterwards', async () => {
    const closed: string[] = [];
    const ends = closing(closed, ['stamp', 'clock']);
    const { close } = await start(chain(ends), closable(ends));

    await expect(close()).rejects.toMatchObject({
      errors: [{ message: 'stamp does not close' }, { message: 'clock does not close' }],
    });
    expect(closed).toEqual(['stamp', 'mail', 'clock']);
  });

  it('ends what was built before a failure, and tells about the failure', async () => {
    const closed: string[] = [];
    const ends = closing(closed, ['mail']);
    const broken = plugin('broken', (registry) =>
      registry.contribute(Rails, [], () => {
        throw new Error('the failure');
      }),
    );

    await expect(start([...chain(ends), broken], closable(ends))).rejects.toThrow('the failure');
    expect(closed).toEqual(['stamp', 'mail', 'clock']);
  });
});
