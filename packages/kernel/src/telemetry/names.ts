/**
 * What is measured in time, in seconds. Names follow OpenTelemetry's semantic conventions where these have one.
 *
 * `error.type` is set on what failed: a category or a code. It is how failures are counted.
 */
export const DURATIONS = {
  'http.server.request.duration': 'Requests, by method, route and status.',
  'itpay.channel.call.duration': 'Calls to a channel, by channel, mode, operation and category of failure.',
  'itpay.job.duration': 'Jobs, by name.',
  'itpay.payment.scan_to_pay.duration': 'From the notice that the payer scanned a code to the notice that it is paid.',
  'itpay.channel.callback.lag': 'From the time of a payment, as its channel states it, to its commit here.',
  'itpay.webhook.delivery.duration': 'Attempts to deliver a webhook, by outcome.',
} as const;

export type DurationName = keyof typeof DURATIONS;
