import type { Shop } from './shop.js';

/** Paths that do not answer with what is stored: they wait, stream, or tell about the process. */
const NOT_STORED = /\/(wait|stream|download|health|ready|docs|errors)\b|channels|openapi|versions/;

/**
 * What every route answers that reads something, for every object that is there: `test GET /v1/refunds/re_…` and its text.
 */
export async function answersOf(
  { request, must }: Shop,
  keys: { readonly operator: string; readonly live: string },
): Promise<ReadonlyMap<string, string>> {
  const { paths } = await must(keys.operator, 'GET', '/v1/openapi.json');
  const readable = Object.entries<any>(paths)
    .filter(([path, { get }]) => get !== undefined && !NOT_STORED.test(path))
    .map(([path]) => path)
    .toSorted();
  const answers = new Map<string, string>();

  for (const [mode, key] of Object.entries({ test: keys.operator, live: keys.live })) {
    const read = async (path: string) => {
      const { status, text, body } = await request('GET', path, { key });
      answers.set(`${mode} ${path}`, `${status} ${text}`);
      return body;
    };
    const idsOf = async (path: string) => ((await read(`${path}?limit=100`))?.data ?? []).map(({ id }: any) => id);
    for (const path of readable.filter((one) => !one.includes('{'))) {
      for (const id of await idsOf(path)) {
        for (const below of readable.filter((one) => one.startsWith(`${path}/{`) && one.split('{').length === 2)) {
          await read(below.replace(/\{\w+\}/, id));
        }
      }
    }
  }
  return answers;
}
