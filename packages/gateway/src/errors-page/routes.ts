import { ERROR_CODES, type ErrorCode } from '@itpay/core';
import { defineRoute, type Route, type RouteAnswer } from '@itpay/kernel';
import { z } from 'zod';
import { codePage, CONTENT_SECURITY_POLICY, listPage, unknownCodePage } from './page.js';

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
      run: async ({ params: { code } }) =>
        isErrorCode(code) ? html(200, codePage(code)) : html(404, unknownCodePage()),
    }),
  ];
}

const PAGE = {
  method: 'GET',
  tag: 'Pages',
  access: 'public',
  hidden: true,
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
