import type { components, paths } from './generated/api.js';

// The words of the API, as its own description has them. What the client offers is typed by these and nothing else.

type Schemas = components['schemas'];

export type Amount = Schemas['Amount'];
export type ApiKey = Schemas['ApiKey'];
export type ApiKeyWithSecret = Schemas['NewApiKey'];
export type AuditEntry = Schemas['AuditEntry'];
export type Channel = Schemas['Channel'];
export type ChannelHealth = Schemas['ChannelHealth'];
export type DeliveryAttempt = Schemas['DeliveryAttempt'];
export type Inflow = Schemas['Inflow'];
export type Money = Schemas['Money'];
export type Operation = Schemas['Operation'];
export type PaymentIntent = Schemas['PaymentIntent'];
export type QrCharge = Schemas['QrCharge'];
export type Reconciliation = Schemas['Reconciliation'];
export type ReconciliationException = Schemas['ReconciliationException'];
export type Refund = Schemas['Refund'];
export type RefundFile = Schemas['RefundFile'];
export type Report = Schemas['Report'];
export type Statement = Schemas['Statement'];
export type StatementRow = Schemas['StatementRow'];
export type TimelineEntry = Schemas['TimelineEntry'];
export type Void = Schemas['Void'];
export type WebhookEndpoint = Schemas['WebhookEndpoint'];
export type WebhookEndpointWithSecret = Schemas['WebhookEndpointWithSecret'];

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The paths that a method knows, as the API describes them: `/v1/payment-intents/{id}`. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, unknown> ? P : never;
}[keyof paths];

type RouteAt<M extends Method, P> = P extends keyof paths
  ? paths[P] extends Record<Lowercase<M>, infer Found>
    ? Found
    : never
  : never;

type PathPart<R> = R extends { parameters: { path: infer Found extends object } }
  ? { readonly path: Found }
  : { readonly path?: undefined };
type QueryPart<R> = R extends { parameters: { query: infer Found extends object } }
  ? { readonly query: Found }
  : R extends { parameters: { query?: infer Found extends object } }
    ? { readonly query?: Found | undefined }
    : { readonly query?: undefined };
type BodyPart<R> = R extends { requestBody: { content: infer Content } }
  ? Content extends { 'application/json': infer Found }
    ? { readonly body: Found }
    : { /** A file, as it is. */ readonly body: Uint8Array | string }
  : { readonly body?: undefined };

/** What a route takes: the parameters of its path, of its query, and its body. */
export type InputOf<M extends Method, P> = PathPart<RouteAt<M, P>> & QueryPart<RouteAt<M, P>> & BodyPart<RouteAt<M, P>>;
export type QueryOf<M extends Method, P> = NonNullable<InputOf<M, P>['query']>;
export type BodyOf<M extends Method, P> = NonNullable<InputOf<M, P>['body']>;

type ContentOf<R> = R extends { content: infer C }
  ? [C] extends [never]
    ? undefined
    : C extends { 'application/json': infer A }
      ? A
      : Uint8Array
  : undefined;

/** What a route answers when it succeeds: JSON, bytes, or nothing. */
export type AnswerOf<M extends Method, P> =
  RouteAt<M, P> extends { responses: infer Responses } ? ContentOf<Responses[keyof Responses]> : never;

/** The objects of a list. */
export type ItemOf<P> = AnswerOf<'GET', P> extends { data: (infer Item)[] } ? Item : never;
