import { ERROR_CODES, type ErrorCode } from '@itpay/core';
import { defineRoute, type Route, type RouteAnswer } from '@itpay/kernel';
import { z } from 'zod';
import { codePage, CONTENT_SECURITY_POLICY, listPage, noCodePage, otherCodePage } from './page.js';

/** The pages behind `doc_url`: what a code means and what to do about it. */
export function errorPageRoutes(): readonly Route[] {
  return [
    defineRoute({
      ...PAGE,
      path: '/errors',
      summary: 'Every error code',
      run: async () => html(200, listPage()),
    }),
    defineRoute({
      ...PAGE,
      path: '/errors/{code}',
      params: z.object({ code: z.string() }),
      summary: 'One error code',
      run: async ({ params: { code } }) => {
        if (isErrorCode(code)) return html(200, codePage(code));
        return CODE_SHAPE.test(code) ? html(200, otherCodePage()) : html(404, noCodePage());
      },
    }),
  ];
}

const PAGE = {
  method: 'GET',
  tag: 'Pages',
  access: 'public',
  hidden: true,
  rate: 'none',
  answers: { 200: { description: 'The page.', contentType: 'text/html' } },
  errors: [],
} as const;

const html = (status: number, page: string): RouteAnswer => ({
  status,
  content: { type: 'text/html; charset=utf-8', bytes: page },
  headers: {
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'public, max-age=3600',
  },
});

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

// Every error has a doc_url, those of plugins too, and it leads to a page.
const CODE_SHAPE = /^[A-Z][A-Z0-9_]{2,63}$/;
