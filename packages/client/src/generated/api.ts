// Made by `npm run client:types` of the description that the API gives of itself. Do not edit.

/** The version of the API that these types describe. */
export const API_VERSION = '2026-11-22';

export interface paths {
  '/v1/health': {
    /**
     * Say whether the process lives
     * @description Asks nothing else, so it also answers while the database is away. For liveness probes.
     */
    get: {
      responses: {
        /** @description It lives. */
        200: {
          content: {
            'application/json': {
              /** @constant */
              status: 'ok';
              /** @description The version of the software that answers. */
              version: string;
            };
          };
        };
      };
    };
  };
  '/v1/ready': {
    /**
     * Say whether requests can be served
     * @description Asks everything that this process works with, and answers within five seconds. 503 only when something that is required does not work: the database, or its schema. For readiness probes; an answer stands for a second.
     */
    get: {
      responses: {
        /** @description Requests can be served. */
        200: {
          content: {
            'application/json': {
              /**
               * @description degraded: requests can be served, and something that should work does not
               * @enum {string}
               */
              status: 'ok' | 'degraded' | 'failed';
              /** @description By what was asked: `database`, `channel:promptpay:live`. */
              checks: {
                [key: string]: {
                  /**
                   * @description off: not in use in this process
                   * @enum {string}
                   */
                  state: 'ok' | 'failed' | 'off';
                  /** @description Without it no request can be served */
                  required: boolean;
                  latency_ms: number;
                };
              };
            };
          };
        };
      };
    };
  };
  '/v1/versions': {
    /**
     * List the versions of this API
     * @description Newest first, each with what it changed. The header `ItPay-Version` names one for a request; without it, the version that the key is pinned to applies, and otherwise the newest.
     */
    get: {
      responses: {
        /** @description The versions, newest first. */
        200: {
          content: {
            'application/json': components['schemas']['ApiVersionList'];
          };
        };
      };
    };
  };
  '/v1/audit-log': {
    /**
     * List who changed what, newest first
     * @description Every call that changed something, and every step that an object took, of this account and mode. Entries are never changed or removed.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          object_id?: string;
          actor?: string;
          action?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['AuditEntryList'];
          };
        };
      };
    };
  };
  '/v1/api-keys': {
    /** List API keys, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['ApiKeyList'];
          };
        };
      };
    };
    /**
     * Create an API key
     * @description A caller hands on only what it has: scopes of its own, its own account and mode, and no fewer bounds than its own key. The secrets are in the first answer only. They are stored nowhere in the clear, so a repetition with the same Idempotency-Key answers the same key with `secret: null`. If the first answer was lost, rotate the key with `overlap_seconds: 0`, or delete it and create another one.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateApiKey'];
        };
      };
      responses: {
        /** @description The key, with its secrets */
        201: {
          content: {
            'application/json': components['schemas']['NewApiKey'];
          };
        };
      };
    };
  };
  '/v1/api-keys/{id}': {
    /** Read an API key */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The key, without its secrets */
        200: {
          content: {
            'application/json': components['schemas']['ApiKey'];
          };
        };
      };
    };
    /**
     * Revoke an API key for good
     * @description A key may always revoke itself; another key only where it has all of its scopes.
     */
    delete: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description It is revoked; every process refuses it within ten seconds */
        204: {
          content: never;
        };
      };
    };
    /**
     * Change an API key
     * @description A caller hands on only what it has: scopes of its own, its own account and mode, and no fewer bounds than its own key. Whether a key signs its requests stays as it is: that would need another secret.
     */
    patch: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['UpdateApiKey'];
        };
      };
      responses: {
        /** @description The key afterwards */
        200: {
          content: {
            'application/json': components['schemas']['ApiKey'];
          };
        };
      };
    };
  };
  '/v1/api-keys/{id}/rotate': {
    /**
     * Replace an API key
     * @description The new key may do the same, under the same bounds and for as long a life; the old one works beside it until the overlap ends. A caller hands on only what it has: scopes of its own, its own account and mode, and no fewer bounds than its own key. The secrets are in the first answer only. They are stored nowhere in the clear, so a repetition with the same Idempotency-Key answers the same key with `secret: null`. If the first answer was lost, rotate the key with `overlap_seconds: 0`, or delete it and create another one.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['RotateApiKey'];
        };
      };
      responses: {
        /** @description The new key, with its secrets */
        201: {
          content: {
            'application/json': components['schemas']['NewApiKey'];
          };
        };
      };
    };
  };
  '/v1/payment-intents': {
    /** List payment intents, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          status?:
            | 'pending'
            | 'qr_generated'
            | 'scanning'
            | 'authorized'
            | 'captured'
            | 'succeeded'
            | 'expired'
            | 'cancelled'
            | 'failed';
          order_reference?: string;
          /** @description An agent id or a human id */
          payer?: string;
          created_gte?: string;
          created_lte?: string;
          /** @description Adds the text of the QR code */
          expand?: 'qr';
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntentList'];
          };
        };
      };
    };
    /** Create a payment intent and its QR code */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreatePaymentIntent'];
        };
      };
      responses: {
        /** @description The same purchase was open or paid already; this is its intent */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
        /** @description The intent, with a QR code to show */
        201: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
        /** @description The channel has not said whether the order exists; query, do not pay again */
        202: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}': {
    /** Read a payment intent */
    get: {
      parameters: {
        query?: {
          /** @description Adds the text of the QR code */
          expand?: 'qr';
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The intent */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}/wait': {
    /**
     * Wait for a payment intent to change
     * @description Answers when the intent has another version than `cursor`, at once when it is paid or closed, and with a heartbeat of type `wait.timeout` when nothing happened. A heartbeat is not a failure: ask again.
     */
    get: {
      parameters: {
        query?: {
          /** @description Seconds */
          timeout?: number;
          /** @description The `cursor` of the answer before */
          cursor?: number;
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The state, or a heartbeat */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntentWait'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}/capture': {
    /**
     * Take money that is held
     * @description Only for intents with `capture_method: manual` that are `authorized`. What is not taken is released.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['CapturePaymentIntent'];
        };
      };
      responses: {
        /** @description The intent, paid */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
        /** @description The channel has not said whether it took the money; query, do not repeat */
        202: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}/cancel': {
    /**
     * Cancel a payment before money moves
     * @description The same as a void of the intent. Once it is paid, refund it instead.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['CancelPaymentIntent'];
        };
      };
      responses: {
        /** @description The intent, cancelled */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
        /** @description The channel has not said whether it closed the order; query */
        202: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}/qr': {
    /**
     * Show a fresh QR code
     * @description The code that was shown before can no longer be read here. The order at the channel stays the same one.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['RefreshQr'];
        };
      };
      responses: {
        /** @description The intent with the fresh code */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/payment-intents/{id}/timeline': {
    /**
     * Read what happened to a payment
     * @description The audited steps of the intent, its QR charges, operations, inflows, refunds and voids, oldest first; up to 500.
     */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The steps, oldest first */
        200: {
          content: {
            'application/json': components['schemas']['Timeline'];
          };
        };
      };
    };
  };
  '/v1/qr-charges/{id}': {
    /** Read a QR charge */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The charge */
        200: {
          content: {
            'application/json': components['schemas']['QrCharge'];
          };
        };
      };
    };
  };
  '/v1/qr-charges/{id}/image.png': {
    /** The QR code as PNG, 512 pixels wide */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The image */
        200: {
          content: {
            'image/png': unknown;
          };
        };
      };
    };
  };
  '/v1/qr-charges/{id}/image.svg': {
    /** The QR code as SVG */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The image */
        200: {
          content: {
            'image/svg+xml': unknown;
          };
        };
      };
    };
  };
  '/v1/refunds': {
    /** List refunds, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          status?: 'requested' | 'processing' | 'succeeded' | 'failed' | 'cancelled';
          payment_intent_id?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['RefundList'];
          };
        };
      };
    };
    /**
     * Give money of a payment back
     * @description The rail is asked at once, unless `require_approval` is set. A rail without refunds leaves the refund `processing` with `manual: true`: send the money yourself, then complete it.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateRefund'];
        };
      };
      responses: {
        /** @description The same refund, asked for a moment ago */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
        /** @description The refund */
        201: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
        /** @description The channel has not said what became of it. Wait, do not refund again */
        202: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/refunds/{id}': {
    /** Read a refund */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The refund */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/refunds/{id}/cancel': {
    /** Take back a refund that waits for approval */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The refund afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/refunds/{id}/approve': {
    /** Approve a refund that waits for it */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The refund afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
        /** @description The channel has not said what became of it. Wait, do not refund again */
        202: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/refunds/{id}/reject': {
    /** Refuse a refund that waits for approval */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The refund afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/refunds/{id}/complete': {
    /** Say that the money of a manual refund was sent */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['CompleteRefund'];
        };
      };
      responses: {
        /** @description The refund afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Refund'];
          };
        };
      };
    };
  };
  '/v1/voids': {
    /**
     * End a payment
     * @description Closes the order, or releases the hold, at the channel. Once money has moved, the void becomes a refund of all of it.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateVoid'];
        };
      };
      responses: {
        /** @description The void, done */
        201: {
          content: {
            'application/json': components['schemas']['Void'];
          };
        };
        /** @description The channel has not said whether it closed the order; query, do not pay again */
        202: {
          content: {
            'application/json': components['schemas']['Void'];
          };
        };
      };
    };
  };
  '/v1/voids/{id}': {
    /** Read a void */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The void */
        200: {
          content: {
            'application/json': components['schemas']['Void'];
          };
        };
      };
    };
  };
  '/v1/inflows': {
    /** List inflows, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          status?: 'needs_match' | 'applied' | 'refunding' | 'parked' | 'refunded' | 'kept';
          payment_intent_id?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['InflowList'];
          };
        };
      };
    };
    /**
     * Record money that was seen at the bank
     * @description For money that the channel did not report. With `payment_intent_id` it counts for that payment as if the channel had reported it; without, it waits for somebody to say what it is for. A transaction is booked once.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['RecordInflow'];
        };
      };
      responses: {
        /** @description The same was booked before */
        200: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
        /** @description The inflow */
        201: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
      };
    };
  };
  '/v1/inflows/{id}': {
    /** Read an inflow */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The inflow */
        200: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
      };
    };
  };
  '/v1/inflows/{id}/apply': {
    /**
     * Let money that lies aside count for a payment
     * @description The payment succeeds with it. An operator’s word stands over the policies for late and for too much money; for less than was asked, say so with `accept_under`.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['ApplyInflow'];
        };
      };
      responses: {
        /** @description The inflow afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
      };
    };
  };
  '/v1/inflows/{id}/refund': {
    /** Send parked money back to the payer */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['DecideInflow'];
        };
      };
      responses: {
        /** @description The inflow afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
      };
    };
  };
  '/v1/inflows/{id}/keep': {
    /**
     * Leave money with the payee, counted for nothing
     * @description For money that was settled with the payer in another way.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['DecideInflow'];
        };
      };
      responses: {
        /** @description The inflow afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Inflow'];
          };
        };
      };
    };
  };
  '/v1/statements': {
    /** List statements, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          channel?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['StatementList'];
          };
        };
      };
    };
    /**
     * Import a statement of a bank or a rail
     * @description The body is the file, unchanged, of any content type. The same bytes are one statement, and the same line is one row, in whichever file it stands. Where the rail tells nothing itself, a line with the reference of one payment is booked for it; everything else waits for somebody, or is noted. Only the first account of the installation can bring one.
     */
    post: {
      parameters: {
        query: {
          /** @description The rail that it tells about */
          channel: string;
          /** @description The name of the file */
          name?: string;
        };
      };
      requestBody: {
        content: {
          'application/octet-stream': unknown;
        };
      };
      responses: {
        /** @description This file was imported before */
        200: {
          content: {
            'application/json': components['schemas']['Statement'];
          };
        };
        /** @description The statement */
        201: {
          content: {
            'application/json': components['schemas']['Statement'];
          };
        };
      };
    };
  };
  '/v1/statements/{id}': {
    /** Read a statement */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The statement */
        200: {
          content: {
            'application/json': components['schemas']['Statement'];
          };
        };
      };
    };
  };
  '/v1/statements/{id}/rows': {
    /**
     * List the rows of a statement, the last one first
     * @description Rows of payments of other accounts are not among them. A row that an earlier statement told stands there.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          outcome?: 'booked' | 'matched' | 'needs_match' | 'held' | 'noted';
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['StatementRowList'];
          };
        };
      };
    };
  };
  '/v1/operations/{id}': {
    /** Read a channel operation */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The operation */
        200: {
          content: {
            'application/json': components['schemas']['Operation'];
          };
        };
      };
    };
  };
  '/v1/operations': {
    /**
     * List channel operations, newest first
     * @description With `operator_required=true`: those of which the channel has not said in five days what became of them.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          state?: 'queued' | 'started' | 'succeeded' | 'pending' | 'declined' | 'not_sent' | 'unknown';
          operator_required?: 'true' | 'false';
          payment_intent_id?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['OperationList'];
          };
        };
      };
    };
  };
  '/v1/operations/{id}/query': {
    /**
     * Ask the channel now what became of an operation
     * @description What the channel says is applied. It is never called a second time by this, only asked.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The operation afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Operation'];
          };
        };
      };
    };
  };
  '/v1/operations/{id}/resolve': {
    /**
     * Say what became of an operation that the channel does not explain
     * @description Only once the questions to the channel are used up (`operator_required`).
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['ResolveOperation'];
        };
      };
      responses: {
        /** @description The operation afterwards */
        200: {
          content: {
            'application/json': components['schemas']['Operation'];
          };
        };
      };
    };
  };
  '/v1/reconciliations': {
    /** List reconciliations, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          channel?: string;
          status?: 'pending' | 'running' | 'completed' | 'failed';
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['ReconciliationList'];
          };
        };
      };
    };
    /**
     * Compare what a channel tells with what is known here
     * @description Fetches the files of up to 31 days where the channel has them to fetch, and compares line by line. It goes on after the answer: read it until it is `completed`, or wait for `reconciliation.completed`. What differs is asked about at the channel; no file changes a payment by this.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateReconciliation'];
        };
      };
      responses: {
        /** @description The run, which has begun */
        202: {
          content: {
            'application/json': components['schemas']['Reconciliation'];
          };
        };
      };
    };
  };
  '/v1/reconciliations/{id}': {
    /** Read a reconciliation */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The reconciliation */
        200: {
          content: {
            'application/json': components['schemas']['Reconciliation'];
          };
        };
      };
    };
  };
  '/v1/reconciliations/{id}/exceptions': {
    /** List the differences that a reconciliation has seen, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          status?: 'waiting' | 'open' | 'resolved';
          class?:
            | 'amount_mismatch'
            | 'currency_mismatch'
            | 'status_mismatch'
            | 'missing_at_channel'
            | 'missing_here'
            | 'duplicate'
            | 'refund_mismatch'
            | 'late'
            | 'fee_mismatch'
            | 'held'
            | 'ledger_mismatch';
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['ReconciliationExceptionList'];
          };
        };
      };
    };
  };
  '/v1/reconciliations/{id}/exceptions/{exception}/resolve': {
    /**
     * Say why a difference is settled
     * @description It moves no money and changes no payment: correct those with inflows, refunds and operations, then say so here. What is resolved stays resolved, also when a later run sees it again.
     */
    post: {
      parameters: {
        path: {
          id: string;
          exception: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['ResolveReconciliationException'];
        };
      };
      responses: {
        /** @description The exception afterwards */
        200: {
          content: {
            'application/json': components['schemas']['ReconciliationException'];
          };
        };
      };
    };
  };
  '/v1/channels': {
    /** List the channels of the caller’s mode, in the order in which they are preferred */
    get: {
      responses: {
        /** @description All of them */
        200: {
          content: {
            'application/json': components['schemas']['ChannelList'];
          };
        };
      };
    };
  };
  '/v1/channels/{channel}/health': {
    /**
     * Read how a channel is
     * @description As this process sees it: each process has its own circuit breaker and figures.
     */
    get: {
      parameters: {
        path: {
          channel: string;
        };
      };
      responses: {
        /** @description Its health */
        200: {
          content: {
            'application/json': components['schemas']['ChannelHealth'];
          };
        };
      };
    };
  };
  '/v1/refund-files': {
    /** List refund files, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          status?: 'ready' | 'cancelled';
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['RefundFileList'];
          };
        };
      };
    };
    /**
     * Put refunds into a file for the bank
     * @description For channels with the capability `refund_file`. Takes the refunds that are `processing` and `manual`, are in no other file, and whose payer a statement has named. Give the file to the bank once; a refund succeeds when the statement shows that the money went, or when you complete it.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateRefundFile'];
        };
      };
      responses: {
        /** @description The file */
        201: {
          content: {
            'application/json': components['schemas']['RefundFile'];
          };
        };
      };
    };
  };
  '/v1/refund-files/{id}': {
    /** Read a refund file, with a fresh link to its bytes */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The file */
        200: {
          content: {
            'application/json': components['schemas']['RefundFile'];
          };
        };
      };
    };
  };
  '/v1/refund-files/{id}/cancel': {
    /**
     * Say that a refund file was never sent
     * @description It cannot be fetched any more, and its refunds may go into another file.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['CancelRefundFile'];
        };
      };
      responses: {
        /** @description The file afterwards */
        200: {
          content: {
            'application/json': components['schemas']['RefundFile'];
          };
        };
      };
    };
  };
  '/v1/refund-files/{id}/file': {
    /**
     * The bytes of a refund file
     * @description With a key; the same bytes each time. Without a key, open the `download_url` of the file.
     */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The file, as the bank takes it */
        200: {
          content: {
            'application/xml': unknown;
          };
        };
      };
    };
  };
  '/v1/refund-files/{id}/download': {
    /**
     * The bytes of a refund file, by its signed link
     * @description The address is the `download_url` of the file. It opens for 15 minutes.
     */
    get: {
      parameters: {
        query: {
          expires: string;
          signature: string;
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The file, as the bank takes it */
        200: {
          content: {
            'application/xml': unknown;
          };
        };
      };
    };
  };
  '/v1/reports': {
    /** List reports, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          type?: 'transactions' | 'settlements' | 'refunds' | 'fees' | 'unattributed' | 'reconciliation' | 'audit';
          status?: 'pending' | 'ready' | 'failed';
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['ReportList'];
          };
        };
      };
    };
    /**
     * Have a report written
     * @description Answers at once; the report becomes `ready` or `failed` soon after, and `report.ready` tells of it. Days are those of UTC unless `time_zone` says otherwise. A report of the type `audit` needs the scope `audit:read` as well.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateReport'];
        };
      };
      responses: {
        /** @description It is being written */
        202: {
          content: {
            'application/json': components['schemas']['Report'];
          };
        };
      };
    };
  };
  '/v1/reports/{id}': {
    /** Read a report, with a fresh link to its file */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The report */
        200: {
          content: {
            'application/json': components['schemas']['Report'];
          };
        };
      };
    };
  };
  '/v1/reports/{id}/file': {
    /**
     * The file of a report
     * @description With a key. Without one, open the `download_url` of the report. A report in JSON answers as JSON.
     */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The file: CSV, or JSON (application/json) where that was asked for */
        200: {
          content: {
            'text/csv': unknown;
          };
        };
      };
    };
  };
  '/v1/reports/{id}/download': {
    /**
     * The file of a report, by its signed link
     * @description The address is the `download_url` of the report. It opens for 15 minutes. Where files are kept in a store that hands them out itself, it leads there: follow the redirect, without a key.
     */
    get: {
      parameters: {
        query: {
          expires: string;
          signature: string;
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The file: CSV, or JSON (application/json) where that was asked for */
        200: {
          content: {
            'text/csv': unknown;
          };
        };
      };
    };
  };
  '/v1/test-helpers/payment-intents/{id}/simulate': {
    /**
     * Let the simulated payer act
     * @description Test intents on a simulated channel only. `scanned`: the wallet reads the code. `declined`: it refuses, and the code can still be paid. `underpaid`: half. `overpaid`: one and a half. `paid_late`: the payment expires, then it is paid. `paid_twice`: two transfers. Where the rail locks the amount (`amount_locked`), a payer pays what the code asks for, and once.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['SimulatePayment'];
        };
      };
      responses: {
        /** @description The intent afterwards */
        200: {
          content: {
            'application/json': components['schemas']['PaymentIntent'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints': {
    /** List webhook endpoints, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['WebhookEndpointList'];
          };
        };
      };
    };
    /**
     * Add a webhook endpoint
     * @description The answer shows the signing secret, once. At most ten endpoints per account and mode.
     */
    post: {
      requestBody: {
        content: {
          'application/json': components['schemas']['CreateWebhookEndpoint'];
        };
      };
      responses: {
        /** @description The endpoint and its secret */
        201: {
          content: {
            'application/json': components['schemas']['WebhookEndpointWithSecret'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}': {
    /** Read a webhook endpoint */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The endpoint */
        200: {
          content: {
            'application/json': components['schemas']['WebhookEndpoint'];
          };
        };
      };
    };
    /** Delete a webhook endpoint */
    delete: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description It is gone; what was still to be sent to it ended as failed_delivery */
        204: {
          content: never;
        };
      };
    };
    /** Change or disable a webhook endpoint */
    patch: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['UpdateWebhookEndpoint'];
        };
      };
      responses: {
        /** @description The endpoint afterwards */
        200: {
          content: {
            'application/json': components['schemas']['WebhookEndpoint'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}/rotate-secret': {
    /**
     * Make a new signing secret
     * @description The answer shows it, once. For 24 hours the secret before signs beside it.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The endpoint and its new secret */
        200: {
          content: {
            'application/json': components['schemas']['WebhookEndpointWithSecret'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}/reactivate': {
    /**
     * Enable a disabled webhook endpoint
     * @description It hears of what happens from now on. What it missed, a replay brings.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The endpoint afterwards */
        200: {
          content: {
            'application/json': components['schemas']['WebhookEndpoint'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}/test': {
    /**
     * Send a test event to a webhook endpoint
     * @description A webhook_endpoint.test goes to this endpoint alone, whatever it subscribes to. Read its attempts.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description It is on its way */
        202: {
          content: {
            'application/json': components['schemas']['WebhookEndpoint'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}/replay': {
    /**
     * Send the events of a span of time again
     * @description Same event ids, fresh schedule; also what happened while the endpoint was disabled.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['ReplayEvents'];
        };
      };
      responses: {
        /** @description They are on their way */
        202: {
          content: {
            'application/json': components['schemas']['Replay'];
          };
        };
      };
    };
  };
  '/v1/webhook-endpoints/{id}/attempts': {
    /** List what was sent to a webhook endpoint, newest first */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
        };
        path: {
          id: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['DeliveryAttemptList'];
          };
        };
      };
    };
  };
  '/v1/events': {
    /**
     * List events, newest first, or catch up with them, oldest first
     * @description With `after` the list follows the log: oldest first, and no event is ever skipped, however late its transaction commits. Begin with `beginning` or `now`, then send `next_cursor`, which is always there, to read on.
     */
    get: {
      parameters: {
        query?: {
          limit?: number;
          starting_after?: string;
          ending_before?: string;
          created_gte?: string;
          created_lte?: string;
          type?: string;
          object_id?: string;
          /** @description `beginning`, `now`, or next_cursor of the page before */
          after?: string;
        };
      };
      responses: {
        /** @description One page */
        200: {
          content: {
            'application/json': components['schemas']['EventList'];
          };
        };
      };
    };
  };
  '/v1/events/{id}': {
    /** Read an event, and how far its deliveries have come */
    get: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description The event */
        200: {
          content: {
            'application/json': components['schemas']['EventWithDeliveries'];
          };
        };
      };
    };
  };
  '/v1/events/{id}/replay': {
    /**
     * Send an event again
     * @description Same event id, fresh schedule: to one endpoint, or to all that subscribe to it.
     */
    post: {
      parameters: {
        path: {
          id: string;
        };
      };
      requestBody: {
        content: {
          'application/json': components['schemas']['ReplayEvent'];
        };
      };
      responses: {
        /** @description It is on its way */
        202: {
          content: {
            'application/json': components['schemas']['Replay'];
          };
        };
      };
    };
  };
}
/** OneOf type helpers */
type Without<T, U> = { [P in Exclude<keyof T, keyof U>]?: never };
type XOR<T, U> = T | U extends object ? (Without<T, U> & U) | (Without<U, T> & T) : T | U;
type OneOf<T extends any[]> = T extends [infer Only]
  ? Only
  : T extends [infer A, infer B, ...infer Rest]
    ? OneOf<[XOR<A, B>, ...Rest]>
    : never;

export interface components {
  schemas: {
    CreateApiKey: {
      label: string;
      /** @description Scopes; or `preset` */
      permissions?: string[];
      /**
       * @description Scopes that go together; or `permissions`
       * @enum {string}
       */
      preset?: 'merchant_full' | 'merchant_readonly' | 'operator' | 'buyer_agent' | 'fulfilment' | 'reporting';
      /**
       * @description Addresses and CIDRs, IPv4 and IPv6; empty: from everywhere
       * @example [
       *   "203.0.113.0/24"
       * ]
       */
      ip_allowlist?: string[];
      /** Format: date-time */
      expires_at?: string;
      /**
       * @description The caller's own mode; there is no other
       * @enum {string}
       */
      mode?: 'live' | 'test';
      require_signature?: boolean;
      /**
       * Format: date
       * @description The wire format for requests that name none
       */
      api_version?: string;
    };
    UpdateApiKey: {
      label?: string;
      permissions?: string[];
      /**
       * @description Addresses and CIDRs, IPv4 and IPv6; empty: from everywhere
       * @example [
       *   "203.0.113.0/24"
       * ]
       */
      ip_allowlist?: string[];
      expires_at?: string | null;
      /**
       * Format: date
       * @description The wire format for requests that name none
       */
      api_version?: string;
    };
    RotateApiKey: {
      /**
       * @description How long the old key works beside the new one. 0: it ends at once
       * @default 86400
       */
      overlap_seconds?: number;
    };
    CreatePaymentIntent: {
      amount: components['schemas']['Amount'];
      /** @constant */
      type?: 'one_time';
      /**
       * @description Shown to the payer
       * @example Two bowls of noodles
       */
      description?: string;
      /**
       * @description Your own order number
       * @example order-1001
       */
      order_reference?: string;
      payer?: {
        agent_id?: string;
        human_id?: string;
      };
      /**
       * @description The rail. Left out, with allowed_channels: the first configured one that can take the payment
       * @example promptpay
       */
      channel?: string;
      /** @description Rails, the preferred first; `channel`, when given too, is one of them and comes first. The next one takes over while no QR was shown, when one certainly did not open the order */
      allowed_channels?: string[];
      /** @enum {string} */
      capture_method?: 'automatic' | 'manual';
      /** @description Makes a second payment for the same purchase on purpose */
      confirm_duplicate?: boolean;
      /** @description Seconds until the payment expires. Left out: what is usual on the rail, mostly 900 */
      expires_in?: number;
      /**
       * @description Up to 50 strings of your own; at most 4 kB together
       * @example {
       *   "cart": "c-17"
       * }
       */
      metadata?: {
        [key: string]: string;
      };
      /**
       * @description Where the pay page sends the payer afterwards
       * @example https://shop.example/thanks
       */
      return_url?: string;
    };
    Amount: {
      /**
       * @description ISO 4217, upper case
       * @example THB
       */
      currency: string;
      /**
       * @description Integer in minor units: 19900 is 199.00 THB
       * @example 19900
       */
      value: number;
    };
    CapturePaymentIntent: {
      amount?: components['schemas']['Amount'];
    };
    CancelPaymentIntent: {
      reason?: string;
    };
    RefreshQr: {
      /** @enum {string} */
      reason?: 'order_not_found' | 'unavailable' | 'expired' | 'manual';
    };
    CreateRefund: {
      /** @description The payment. Required, under this name or the other */
      payment_intent_id?: string;
      /** @description Another name for payment_intent_id */
      payment_intent?: string;
      /** @description Left out: what is left of the payment */
      amount?: components['schemas']['Amount'];
      /**
       * @description Left out: customer_request
       * @enum {string}
       */
      reason?:
        | 'customer_request'
        | 'duplicate'
        | 'fraudulent'
        | 'service_cancellation'
        | 'late_payment'
        | 'overpayment'
        | 'underpayment'
        | 'void'
        | 'dispute'
        | 'other';
      description?: string;
      /**
       * @description Up to 50 strings of your own; at most 4 kB together
       * @example {
       *   "cart": "c-17"
       * }
       */
      metadata?: {
        [key: string]: string;
      };
      /** @description It waits as `requested` until somebody approves it */
      require_approval?: boolean;
      /** @description Makes a second refund of the same amount for the same reason on purpose */
      confirm_duplicate?: boolean;
    };
    CompleteRefund: {
      reason: string;
      /** @description What shows that the money went back: the number of a bank transfer */
      evidence: string;
    };
    CreateVoid: {
      /** @constant */
      target_type: 'payment_intent';
      target_id: string;
      reason?: string;
    };
    RecordInflow: {
      /**
       * @description The rail on which it was seen
       * @example promptpay
       */
      channel: string;
      /** @description The number that the rail gave the payment */
      channel_transaction_id: string;
      amount: components['schemas']['Amount'];
      /**
       * Format: date-time
       * @description When the payer paid, as the bank has it
       */
      paid_at: string;
      /** @example pi_06b2m6vk0dtf5d5cq0m3vz8x4r */
      payment_intent_id?: string;
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
      /**
       * @description What the decision rests on. Only its digest is kept: SHA-256 over its canonical JSON (RFC 8785)
       * @example {
       *   "statement": "2025-05-03",
       *   "line": 17
       * }
       */
      evidence:
        | string
        | {
            [key: string]: unknown;
          };
    };
    ApplyInflow: {
      /**
       * @description Left out: the payment that it came for
       * @example pi_06b2m6vk0dtf5d5cq0m3vz8x4r
       */
      payment_intent_id?: string;
      /** @description The payment succeeds with less than was asked for */
      accept_under?: boolean;
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
    };
    DecideInflow: {
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
    };
    ResolveOperation: {
      /** @enum {string} */
      outcome: 'succeeded' | 'declined' | 'not_sent';
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
      /**
       * @description What the decision rests on. Only its digest is kept: SHA-256 over its canonical JSON (RFC 8785)
       * @example {
       *   "statement": "2025-05-03",
       *   "line": 17
       * }
       */
      evidence:
        | string
        | {
            [key: string]: unknown;
          };
      /** @description With a refund that succeeded: the number that the channel gave it, where it is known */
      channel_refund_id?: string;
    };
    CreateReconciliation: {
      /**
       * @description The rail whose files are compared
       * @example wechat
       */
      channel: string;
      /**
       * Format: date
       * @description A day in the calendar of the channel
       * @example 2026-03-02
       */
      from: string;
      /**
       * Format: date
       * @description A day in the calendar of the channel
       * @example 2026-03-02
       */
      to: string;
    };
    ResolveReconciliationException: {
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
      /**
       * @description What the decision rests on. Only its digest is kept: SHA-256 over its canonical JSON (RFC 8785)
       * @example {
       *   "statement": "2025-05-03",
       *   "line": 17
       * }
       */
      evidence:
        | string
        | {
            [key: string]: unknown;
          };
    };
    CreateRefundFile: {
      /**
       * @description The rail whose bank sends the refunds
       * @example bank_transfer
       */
      channel: string;
      /** @description Left out: all that wait */
      refund_ids?: string[];
    };
    CancelRefundFile: {
      /**
       * @description Why; kept with the decision
       * @example Seen on the bank statement of 3 May
       */
      reason: string;
    };
    CreateReport: {
      /** @enum {string} */
      type: 'transactions' | 'settlements' | 'refunds' | 'fees' | 'unattributed' | 'reconciliation' | 'audit';
      /**
       * @description One rail. Left out: all
       * @example promptpay
       */
      channel?: string;
      /**
       * Format: date
       * @description The first day
       * @example 2026-11-01
       */
      from: string;
      /**
       * Format: date
       * @description The last day, which is part of the report; 366 days at most
       * @example 2026-11-30
       */
      to: string;
      /**
       * @description Left out: csv
       * @enum {string}
       */
      format?: 'csv' | 'json';
      /**
       * @description Where the days begin. Left out: UTC
       * @example Asia/Bangkok
       */
      time_zone?: string;
      /** @description A table begins with the mark by which old spreadsheets know UTF-8. Left out: false */
      byte_order_mark?: boolean;
    };
    SimulatePayment: {
      /** @enum {string} */
      event: 'scanned' | 'paid' | 'declined' | 'paid_late' | 'underpaid' | 'overpaid' | 'paid_twice';
    };
    CreateWebhookEndpoint: {
      /** @description https; plain http in test mode, or where the host allows it */
      url: string;
      description?: string;
      /** @description Types (payment_intent.succeeded), families (refund.*), or * for all */
      enabled_events: string[];
      /** @description X25519, base64 of 32 bytes: bodies are encrypted to it */
      public_key?: string;
      /** @description The wire version of its events */
      api_version?: string;
    };
    UpdateWebhookEndpoint: {
      /** @description https; plain http in test mode, or where the host allows it */
      url?: string;
      description?: string | null;
      /** @description Types (payment_intent.succeeded), families (refund.*), or * for all */
      enabled_events?: string[];
      /** @description null: bodies are no longer encrypted */
      public_key?: string | null;
      /** @description The wire version of its events */
      api_version?: string;
      /**
       * @description To enable it again, reactivate it
       * @constant
       */
      status?: 'disabled';
    };
    ReplayEvents: {
      /** Format: date-time */
      from: string;
      /**
       * Format: date-time
       * @description Not included
       */
      to: string;
      types?: string[];
      /** @description Only what ended as failed_delivery */
      only_failed?: boolean;
    };
    ReplayEvent: {
      webhook_endpoint_id?: string;
    };
    ApiVersionList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['ApiVersion'][];
    };
    ApiVersion: {
      /** @constant */
      object: 'api_version';
      /** @example 2026-11-22 */
      version: string;
      newest: boolean;
      changes: {
        /**
         * @description What it is about, as its `object` says
         * @example payment_intent
         */
        object: string;
        description: string;
      }[];
    };
    AuditEntryList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['AuditEntry'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    AuditEntry: {
      /** @example aud_06b2m6vk0dtf5d5cq0m3vz8x4r */
      id: string;
      /** @constant */
      object: 'audit_entry';
      livemode: boolean;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      actor: {
        /**
         * @description A key, or the part of the framework that acted
         * @example channel:promptpay
         */
        id: string;
        /**
         * @description `host`: code of the shop in the same process. `system`: the framework by itself
         * @enum {string}
         */
        kind: 'api_key' | 'host_session' | 'agent_token' | 'display_token' | 'channel' | 'host' | 'system';
      };
      /** @example capture */
      action: string;
      /**
       * @description What was changed
       * @example pi_06b2m6vk0dtf5d5cq0m3vz8x4r
       */
      object_id: string;
      /** @description Null: it was made */
      from_state: string | null;
      to_state: string | null;
      /** @description SHA-256 of what the step rests on, in hex */
      evidence_digest: string | null;
      /** @description The request that asked for it, where one did */
      request_id: string | null;
    };
    NewApiKey: {
      /** @example key_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      /** @constant */
      object: 'api_key';
      livemode: boolean;
      label: string;
      /**
       * @description Scopes
       * @example [
       *   "payments:read",
       *   "payments:write"
       * ]
       */
      permissions: string[];
      /**
       * @description The key, recognisable and useless
       * @example itpay_test_0123456789ab_…wxyz
       */
      masked: string;
      /** @description Stays the same over rotation; idempotency keys belong to it */
      lineage: string;
      /**
       * @description `rotating`: `replaced_by` has replaced it, and it works beside that one until `expires_at`
       * @enum {string}
       */
      status: 'active' | 'rotating' | 'expired' | 'revoked';
      /** @description Ranges from which it works; empty: from everywhere */
      ip_allowlist: string[];
      /** @description Requests with it carry `ItPay-Signature` */
      require_signature: boolean;
      /** @description For requests that name no version; null: the newest */
      api_version: string | null;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      expires_at: string | null;
      rotated_at: string | null;
      replaced_by: string | null;
      revoked_at: string | null;
      /** @description The whole key, for `Authorization: Bearer`. Shown once: null when this answer is a repeated one */
      secret: string | null;
      /** @description With `require_signature`: what the HMAC is made with. Shown once, as `secret` is */
      signing_secret: string | null;
    };
    ApiKeyList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['ApiKey'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    ApiKey: {
      /** @example key_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      /** @constant */
      object: 'api_key';
      livemode: boolean;
      label: string;
      /**
       * @description Scopes
       * @example [
       *   "payments:read",
       *   "payments:write"
       * ]
       */
      permissions: string[];
      /**
       * @description The key, recognisable and useless
       * @example itpay_test_0123456789ab_…wxyz
       */
      masked: string;
      /** @description Stays the same over rotation; idempotency keys belong to it */
      lineage: string;
      /**
       * @description `rotating`: `replaced_by` has replaced it, and it works beside that one until `expires_at`
       * @enum {string}
       */
      status: 'active' | 'rotating' | 'expired' | 'revoked';
      /** @description Ranges from which it works; empty: from everywhere */
      ip_allowlist: string[];
      /** @description Requests with it carry `ItPay-Signature` */
      require_signature: boolean;
      /** @description For requests that name no version; null: the newest */
      api_version: string | null;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      expires_at: string | null;
      rotated_at: string | null;
      replaced_by: string | null;
      revoked_at: string | null;
    };
    PaymentIntent: {
      /** @example pi_06b2m6vk0dtf5d5cq0m3vz8x4r */
      id: string;
      /** @constant */
      object: 'payment_intent';
      livemode: boolean;
      /** @constant */
      type: 'one_time';
      /** @enum {string} */
      status:
        | 'pending'
        | 'qr_generated'
        | 'scanning'
        | 'authorized'
        | 'captured'
        | 'succeeded'
        | 'expired'
        | 'cancelled'
        | 'failed';
      amount: components['schemas']['Amount'];
      settlement: {
        currency: string;
        value: number;
        rate: string;
      };
      description: string | null;
      order_reference: string | null;
      payer: {
        agent_id: string | null;
        human_id: string | null;
      } | null;
      payee: {
        merchant_account: string;
      };
      channel: string;
      /**
       * @description Those that can take it, the preferred first. Until a QR is shown it may move from one to the next
       * @example [
       *   "wechat",
       *   "alipay"
       * ]
       */
      allowed_channels: string[];
      /** @constant */
      presentation: 'qr';
      /** @constant */
      authorization: 'human_scan';
      /** @enum {string} */
      capture_method: 'automatic' | 'manual';
      amount_captured: components['schemas']['Money'];
      amount_refunded: components['schemas']['Money'];
      /** @enum {string} */
      refund_status: 'none' | 'partial' | 'full';
      late_payment: boolean;
      failure: {
        code: string;
        category: string;
        message: string;
      } | null;
      channel_reference: string;
      channel_transaction_id: string | null;
      metadata: {
        [key: string]: string;
      };
      return_url: string | null;
      version: number;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      updated_at: string;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      expires_at: string;
      authorized_at: string | null;
      captured_at: string | null;
      succeeded_at: string | null;
      closed_at: string | null;
      /**
       * @description Null once there is nothing to pay any more
       * @example {
       *   "charge_id": "qr_06b2m6vk0dtf5d5cq0m3vz8x4s",
       *   "scan_url": "https://shop.example/itpay/pay/pi_06b2m6vk0dtf5d5cq0m3vz8x4r?t=…",
       *   "qr_image_url": "https://shop.example/itpay/v1/qr-charges/qr_06b2m6vk0dtf5d5cq0m3vz8x4s/image.png?t=…",
       *   "qr_image_svg_url": "https://shop.example/itpay/v1/qr-charges/qr_06b2m6vk0dtf5d5cq0m3vz8x4s/image.svg?t=…",
       *   "expires_at": "2026-11-22T09:45:00.000Z"
       * }
       */
      qr: {
        charge_id: string;
        scan_url: string;
        qr_image_url: string;
        qr_image_svg_url: string;
        /**
         * Format: date-time
         * @description ISO 8601, UTC, with milliseconds
         */
        expires_at: string;
        /**
         * @description At creation, and with expand=qr
         * @enum {string}
         */
        qr_standard?: 'emvco' | 'proprietary' | 'epc' | 'text';
        /** @description The text of the QR code. At creation, and with expand=qr */
        qr_data?: string;
        /** @description What a payer types who cannot scan the code. Left out where the channel has no such form */
        instructions?: {
          /** @enum {string} */
          field:
            | 'beneficiary'
            | 'iban'
            | 'account_number'
            | 'card_number'
            | 'mobile'
            | 'company_number'
            | 'bank'
            | 'bank_code'
            | 'bic'
            | 'amount'
            | 'reference';
          value: string;
        }[];
      } | null;
      /** @description A call to the channel that has not succeeded. `unknown`: wait and query, do not pay again */
      operation: {
        id: string;
        /** @enum {string} */
        kind: 'authorize' | 'capture' | 'cancel' | 'refund';
        outcome: ('succeeded' | 'pending' | 'declined' | 'not_sent' | 'unknown') | null;
        next_query_at: string | null;
      } | null;
      next_action: {
        /** @enum {string} */
        type: 'show_qr' | 'wait' | 'none';
      };
      /** @description The same purchase was open or paid already; this is it */
      duplicate_of_existing: boolean;
      /** @description The hosted page for the payer; whoever has it can see this payment */
      pay_url: string;
    };
    Money: {
      currency: string;
      value: number;
    };
    PaymentIntentList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['PaymentIntent'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    PaymentIntentWait: {
      /** @constant */
      object: 'payment_intent_wait';
      /** @enum {string} */
      type: 'payment_intent.state' | 'wait.timeout';
      cursor: string;
      payment_intent:
        | components['schemas']['PaymentIntent']
        | {
            /** @example pi_06b2m6vk0dtf5d5cq0m3vz8x4r */
            id: string;
            /** @constant */
            object: 'payment_intent';
            livemode: boolean;
            /** @enum {string} */
            status:
              | 'pending'
              | 'qr_generated'
              | 'scanning'
              | 'authorized'
              | 'captured'
              | 'succeeded'
              | 'expired'
              | 'cancelled'
              | 'failed';
            version: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds
             */
            expires_at: string;
          };
    };
    Timeline: {
      /** @constant */
      object: 'list';
      data: components['schemas']['TimelineEntry'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    TimelineEntry: {
      id: string;
      /** @constant */
      object: 'timeline_entry';
      /** Format: date-time */
      at: string;
      /** @example capture */
      action: string;
      /** @description The payment intent, or a QR charge, operation, inflow, refund or void of it */
      object_id: string;
      from: string | null;
      to: string | null;
      /**
       * @description A key, the host, a channel, the scheduler
       * @example channel:promptpay
       */
      actor: string;
      /** @description SHA-256 of what the step rests on, in hex */
      evidence_digest: string | null;
      request_id: string | null;
    };
    QrCharge: {
      id: string;
      /** @constant */
      object: 'qr_charge';
      livemode: boolean;
      payment_intent_id: string;
      channel: string;
      channel_reference: string;
      /** @enum {string} */
      status: 'active' | 'scanned' | 'consumed' | 'expired';
      /** Format: date-time */
      expires_at: string;
      /** Format: date-time */
      created_at: string;
      /** @enum {string} */
      qr_standard: 'emvco' | 'proprietary' | 'epc' | 'text';
      qr_data: string;
      qr_image_url: string;
      qr_image_svg_url: string;
      /** @description What a payer types who cannot scan the code. Left out where the channel has no such form */
      instructions?: {
        /** @enum {string} */
        field:
          | 'beneficiary'
          | 'iban'
          | 'account_number'
          | 'card_number'
          | 'mobile'
          | 'company_number'
          | 'bank'
          | 'bank_code'
          | 'bic'
          | 'amount'
          | 'reference';
        value: string;
      }[];
    };
    Refund: {
      /** @example ref_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      /** @constant */
      object: 'refund';
      livemode: boolean;
      payment_intent_id: string;
      /** @description The arrival of money that goes back without having counted; null: the payment itself */
      inflow_id: string | null;
      amount: {
        currency: string;
        value: number;
      };
      /** @enum {string} */
      reason:
        | 'customer_request'
        | 'duplicate'
        | 'fraudulent'
        | 'service_cancellation'
        | 'late_payment'
        | 'overpayment'
        | 'underpayment'
        | 'void'
        | 'dispute'
        | 'other';
      description: string | null;
      /** @enum {string} */
      status: 'requested' | 'processing' | 'succeeded' | 'failed' | 'cancelled';
      /**
       * @description `manual`: it waited for somebody to approve it
       * @enum {string}
       */
      decision: 'automatic' | 'manual';
      /** @description The rail cannot send the money back; somebody does it and completes the refund with evidence */
      manual: boolean;
      /** @description Our number of the refund at the channel */
      channel_refund_reference: string;
      /** @description The channel's own number of the refund */
      channel_refund_id: string | null;
      failure: {
        code: string;
        /** @enum {string} */
        class: 'known_no_effect' | 'retryable' | 'outcome_unknown' | 'permanent';
      } | null;
      metadata: {
        [key: string]: string;
      };
      version: number;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      updated_at: string;
      succeeded_at: string | null;
      /** @description The call to the channel, unless it has succeeded. `unknown`: wait, do not refund again */
      operation: {
        id: string;
        /** @enum {string} */
        kind: 'authorize' | 'capture' | 'cancel' | 'refund';
        outcome: ('succeeded' | 'pending' | 'declined' | 'not_sent' | 'unknown') | null;
        next_query_at: string | null;
      } | null;
      next_action: {
        /** @enum {string} */
        type: 'wait' | 'none';
      };
      /** @description The same refund was asked for a moment ago; this is it */
      duplicate_of_existing: boolean;
    };
    RefundList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Refund'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Void: {
      id: string;
      /** @constant */
      object: 'void';
      livemode: boolean;
      /** @enum {string} */
      target_type: 'payment_intent';
      target_id: string;
      reason: string | null;
      refund_id: string | null;
      /** @enum {string} */
      status: 'requested' | 'voided' | 'failed';
      /** Format: date-time */
      created_at: string;
      /** Format: date-time */
      updated_at: string;
    };
    Inflow: {
      id: string;
      /** @constant */
      object: 'inflow';
      livemode: boolean;
      channel: string;
      merchant_account: string;
      channel_reference: string | null;
      channel_transaction_id: string;
      amount: {
        currency: string;
        value: number;
      };
      /** @description Minor units of it that count for the payment */
      counted: number;
      /** Format: date-time */
      paid_at: string;
      evidence: {
        /** @enum {string} */
        source: 'callback' | 'query' | 'statement' | 'operator' | 'capture';
        digest: string;
      };
      payment_intent_id: string | null;
      /** @enum {string} */
      kind: 'exact' | 'late' | 'over' | 'under' | 'duplicate' | 'wrong_currency' | 'unattributed';
      policy: ('accept' | 'auto_refund' | 'park') | null;
      /** @enum {string} */
      status: 'needs_match' | 'applied' | 'refunding' | 'parked' | 'refunded' | 'kept';
      refund_id: string | null;
      resolved_by: string | null;
      note: string | null;
      /** Format: date-time */
      created_at: string;
      /** Format: date-time */
      updated_at: string;
    };
    InflowList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Inflow'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Statement: {
      id: string;
      /** @constant */
      object: 'statement';
      livemode: boolean;
      channel: string;
      merchant_account: string;
      file_name: string | null;
      /** @enum {string} */
      source: 'upload' | 'fetch';
      /** @description Of one that was fetched: the day in the rail's calendar */
      day: string | null;
      /**
       * @description `reading`: not every row is written down. Send the same file again, and it goes on
       * @enum {string}
       */
      status: 'reading' | 'finished';
      /** @description Rows by what became of them; `known` were told by an earlier statement */
      counts: {
        rows: number;
        booked: number;
        matched: number;
        needs_match: number;
        held: number;
        noted: number;
        known: number;
      };
      warnings: OneOf<
        [
          {
            /** @constant */
            type: 'balances_disagree';
            statement_id: string;
          },
          {
            /** @constant */
            type: 'gap';
            statement_id: string;
            expected: {
              currency: string;
              value: number;
            };
            found: {
              currency: string;
              value: number;
            };
          },
        ]
      >[];
      /** @description What the statements in the file say about themselves */
      statements: {
        statement_id: string;
        /** @description Its last four characters */
        account: string;
        currency: string | null;
        opening: {
          currency: string;
          value: number;
        } | null;
        closing: {
          currency: string;
          value: number;
        } | null;
        complete: boolean;
        balances_agree: boolean | null;
        rows: number;
      }[];
      /** Format: date-time */
      created_at: string;
      finished_at: string | null;
    };
    StatementList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Statement'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    StatementRowList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['StatementRow'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    StatementRow: {
      id: string;
      /** @constant */
      object: 'statement_row';
      livemode: boolean;
      statement_id: string;
      /**
       * @description Where in the file it stands
       * @example line 7
       */
      position: string;
      /** @enum {string} */
      kind: 'credit' | 'debit' | 'fee' | 'refund' | 'reversal' | 'return';
      direction: ('in' | 'out') | null;
      /** @enum {string} */
      status: 'booked' | 'pending' | 'info';
      amount: {
        currency: string;
        value: number;
      };
      fee: {
        currency: string;
        value: number;
      } | null;
      /** Format: date-time */
      booked_at: string;
      value_date: string | null;
      reference: string | null;
      channel_transaction_id: string | null;
      text: string;
      counterparty: {
        name: string | null;
        account: string | null;
      } | null;
      return_reason: string | null;
      /**
       * @description What became of it when it was read: `booked` as money, `matched` with something known, `needs_match` (an inflow waits for somebody to say what it is for), `held` because of its doubt, `noted` only
       * @enum {string}
       */
      outcome: 'booked' | 'matched' | 'needs_match' | 'held' | 'noted';
      /**
       * @description Why nobody booked it
       * @example returned_after_booking
       */
      doubt: string | null;
      payment_intent_id: string | null;
      inflow_id: string | null;
      refund_id: string | null;
      /** @description Up to three open payments of this amount, while it waits for a match. Suggestions and nothing more */
      suggested_payment_intent_ids: string[];
      /** Format: date-time */
      created_at: string;
      /** Format: date-time */
      updated_at: string;
    };
    Operation: {
      id: string;
      /** @constant */
      object: 'operation';
      livemode: boolean;
      /** @enum {string} */
      object_type: 'payment_intent' | 'refund';
      object_id: string;
      payment_intent_id: string;
      /** @enum {string} */
      kind: 'authorize' | 'capture' | 'cancel' | 'refund';
      channel: string;
      /** @description Our number at the channel, the same for every attempt */
      reference: string;
      ordinal: number;
      /** @enum {string} */
      state: 'queued' | 'started' | 'succeeded' | 'pending' | 'declined' | 'not_sent' | 'unknown';
      outcome: ('succeeded' | 'pending' | 'declined' | 'not_sent' | 'unknown') | null;
      amount: {
        currency: string;
        value: number;
      } | null;
      queries: number;
      next_query_at: string | null;
      operator_required: boolean;
      error: {
        category: string;
        channel_code: string | null;
      } | null;
      /** Format: date-time */
      created_at: string;
      /** Format: date-time */
      updated_at: string;
    };
    OperationList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Operation'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Reconciliation: {
      id: string;
      /** @constant */
      object: 'reconciliation';
      livemode: boolean;
      channel: string;
      merchant_account: string;
      /**
       * @description The first day, in the calendar of the channel
       * @example 2026-03-02
       */
      from: string;
      /**
       * @description The last day
       * @example 2026-03-02
       */
      to: string;
      /** @enum {string} */
      trigger: 'request' | 'daily' | 'monthly';
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'failed';
      days: {
        /** @example 2026-03-02 */
        day: string;
        /**
         * @description Only on a day that is `read` can something be missing there
         * @enum {string}
         */
        file: 'pending' | 'read' | 'none' | 'not_ready' | 'unavailable' | 'unreadable';
      }[];
      counts: {
        /** @description Lines of the files that agree with what is known here */
        matched: number;
        /** @description Differences that went away when the channel was asked */
        healed: number;
        /** @description Exceptions that may be a difference of time */
        waiting: number;
        /** @description Exceptions that somebody has to look at */
        open: number;
        /** @description Exceptions of earlier runs that are gone */
        resolved: number;
        /** @description Of those that wait or are open, how many of each class */
        classes: {
          [key: string]: number;
        };
      };
      failure: string | null;
      /** Format: date-time */
      created_at: string;
      finished_at: string | null;
    };
    ReconciliationList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Reconciliation'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    ReconciliationExceptionList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['ReconciliationException'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    ReconciliationException: {
      id: string;
      /** @constant */
      object: 'reconciliation_exception';
      livemode: boolean;
      channel: string;
      merchant_account: string;
      /** @description The latest run that saw it */
      reconciliation_id: string;
      /** @enum {string} */
      class:
        | 'amount_mismatch'
        | 'currency_mismatch'
        | 'status_mismatch'
        | 'missing_at_channel'
        | 'missing_here'
        | 'duplicate'
        | 'refund_mismatch'
        | 'late'
        | 'fee_mismatch'
        | 'held'
        | 'ledger_mismatch';
      /**
       * @description `waiting`: it may be a difference of time, and is `open` once a later run sees it too
       * @enum {string}
       */
      status: 'waiting' | 'open' | 'resolved';
      note: string;
      channel_says: {
        amount: {
          currency: string;
          value: number;
        };
        status: string;
      } | null;
      known_here: {
        amount: {
          currency: string;
          value: number;
        };
        status: string;
      } | null;
      /** @description What the channel said when it was asked about it */
      asked: string | null;
      statement_row_id: string | null;
      inflow_id: string | null;
      refund_id: string | null;
      payment_intent_id: string | null;
      channel_reference: string | null;
      channel_transaction_id: string | null;
      /** Format: date-time */
      occurred_at: string;
      resolution: {
        /**
         * @description `automatic`: a later run found that it is gone
         * @enum {string}
         */
        by: 'automatic' | 'operator';
        resolved_by: string;
        reason: string | null;
        /** Format: date-time */
        resolved_at: string;
      } | null;
      /** Format: date-time */
      created_at: string;
      /** Format: date-time */
      updated_at: string;
    };
    ChannelList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Channel'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Channel: {
      /** @example promptpay */
      id: string;
      /** @constant */
      object: 'channel';
      display_name: string;
      /** @enum {string} */
      mode: 'live' | 'test';
      /** @description Nobody can pay its codes: a simulator stands in for the rail */
      simulated: boolean;
      currencies: string[];
      countries: string[];
      capabilities: (
        | 'qr_dynamic'
        | 'offline_qr'
        | 'deep_link'
        | 'amount_locked'
        | 'manual_capture'
        | 'partial_capture'
        | 'refund'
        | 'partial_refund'
        | 'multiple_refunds'
        | 'callback'
        | 'scan_notification'
        | 'close_order'
        | 'authorize_idempotent'
        | 'statement'
        | 'refund_file'
        | 'not_found_is_final'
      )[];
      /** @description Smallest and largest payment per currency, in minor units; null: the rail sets none */
      limits: {
        [key: string]: {
          min: number | null;
          max: number | null;
        };
      };
    };
    ChannelHealth: {
      id: string;
      /** @constant */
      object: 'channel_health';
      /** @description Calls go out: its circuit breaker is closed */
      healthy: boolean;
      /** @enum {string} */
      breaker: 'closed' | 'open' | 'half_open';
      /** @description Since this process started */
      calls: number;
      /** @description Of those calls, by category */
      failures: {
        [key: string]: number;
      };
      /** @description Of the latest call; null before the first */
      latency_ms: number | null;
    };
    RefundFile: {
      /** @example rff_06b2m6vk0dtf5d5cq0m3vz8x5m */
      id: string;
      /** @constant */
      object: 'refund_file';
      livemode: boolean;
      channel: string;
      merchant_account: string;
      /** @enum {string} */
      status: 'ready' | 'cancelled';
      refund_count: number;
      refund_ids: string[];
      /** @description One per currency */
      totals: {
        currency: string;
        value: number;
      }[];
      /** @description Refunds that are not in it, as things stood when it was made */
      left_out: {
        refund_id: string;
        /** @enum {string} */
        reason:
          | 'not_manual'
          | 'not_processing'
          | 'other_channel'
          | 'in_another_file'
          | 'payer_unknown'
          | 'several_payers'
          | 'payment_returned'
          | 'not_expressible';
        /** @description What the file cannot carry, with `not_expressible` */
        field: string | null;
      }[];
      /** @description SHA-256 of the file, in hex */
      digest: string;
      created_by: string;
      /** Format: date-time */
      created_at: string;
      cancelled_at: string | null;
      /** @description Opens the file without a key, for 15 minutes; made anew with each answer. Null once it is cancelled */
      download_url: string | null;
    };
    RefundFileList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['RefundFile'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Report: {
      /** @example rpt_06b2m6vk0dtf5d5cq0m3vz8x5g */
      id: string;
      /** @constant */
      object: 'report';
      livemode: boolean;
      /** @enum {string} */
      type: 'transactions' | 'settlements' | 'refunds' | 'fees' | 'unattributed' | 'reconciliation' | 'audit';
      /** @enum {string} */
      format: 'csv' | 'json';
      byte_order_mark: boolean;
      /** @description Null: all channels */
      channel: string | null;
      /**
       * @description The first day
       * @example 2026-11-01
       */
      from: string;
      /**
       * @description The last day, which is part of it
       * @example 2026-11-30
       */
      to: string;
      /**
       * @description Where these days begin
       * @example Asia/Bangkok
       */
      time_zone: string;
      /** @enum {string} */
      status: 'pending' | 'ready' | 'failed';
      failure: {
        code: string;
        message: string;
      } | null;
      rows: number | null;
      /** @description Bytes of the file */
      size: number | null;
      /** @description SHA-256 of the file, in hex */
      digest: string | null;
      /** Format: date-time */
      created_at: string;
      finished_at: string | null;
      /**
       * Format: date-time
       * @description When the report is deleted
       */
      expires_at: string;
      /** @description Opens the file without a key, for 15 minutes; made anew with each answer. Null until it is ready, and for who may not read it */
      download_url: string | null;
    };
    ReportList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Report'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    WebhookEndpointWithSecret: {
      /** @example we_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      /** @constant */
      object: 'webhook_endpoint';
      livemode: boolean;
      url: string;
      description: string | null;
      enabled_events: string[];
      /** @enum {string} */
      status: 'enabled' | 'disabled' | 'deleted';
      /** @description `requested` by its owner; `gone`: it answered 410; `failing`: nothing but failures for five days */
      disabled_reason: ('requested' | 'gone' | 'failing') | null;
      api_version: string;
      /** @description The X25519 key to which bodies are encrypted, and its name in them */
      encryption: {
        kid: string;
        public_key: string;
      } | null;
      failing_since: string | null;
      version: number;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      updated_at: string;
      /** @description Shown once. `whsec_` and base64; verifies the signatures */
      secret: string;
    };
    WebhookEndpointList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['WebhookEndpoint'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    WebhookEndpoint: {
      /** @example we_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      /** @constant */
      object: 'webhook_endpoint';
      livemode: boolean;
      url: string;
      description: string | null;
      enabled_events: string[];
      /** @enum {string} */
      status: 'enabled' | 'disabled' | 'deleted';
      /** @description `requested` by its owner; `gone`: it answered 410; `failing`: nothing but failures for five days */
      disabled_reason: ('requested' | 'gone' | 'failing') | null;
      api_version: string;
      /** @description The X25519 key to which bodies are encrypted, and its name in them */
      encryption: {
        kid: string;
        public_key: string;
      } | null;
      failing_since: string | null;
      version: number;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      created_at: string;
      /**
       * Format: date-time
       * @description ISO 8601, UTC, with milliseconds
       */
      updated_at: string;
    };
    Replay: {
      /** @constant */
      object: 'replay';
      /** @description How many deliveries begin anew */
      count: number;
    };
    DeliveryAttemptList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['DeliveryAttempt'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    DeliveryAttempt: {
      id: string;
      /** @constant */
      object: 'delivery_attempt';
      webhook_endpoint_id: string;
      event_id: string;
      /** @description The HTTP status of the answer; null when there was none */
      status: number | null;
      latency_ms: number;
      /** @description Why there was no answer: timeout, dns, refused_address … */
      error: string | null;
      /** @description The first kilobyte of the answer */
      excerpt: string | null;
      /** Format: date-time */
      created_at: string;
    };
    EventList: {
      /** @constant */
      object: 'list';
      data: components['schemas']['Event'][];
      has_more: boolean;
      /** @description For starting_after or ending_before, as in this request */
      next_cursor: string | null;
      url: string;
    };
    Event: {
      /** @example evt_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      type: string;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      api_version: string;
      livemode: boolean;
      account: string;
      /** @description Rises by object */
      sequence: number;
      data: {
        /** @description The object after the change */
        object: unknown;
        previous_attributes?: {
          [key: string]: unknown;
        };
      };
    };
    EventWithDeliveries: {
      /** @example evt_06b2m6vk0dtf5d5cq0m3vz8x50 */
      id: string;
      type: string;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      api_version: string;
      livemode: boolean;
      account: string;
      /** @description Rises by object */
      sequence: number;
      data: {
        /** @description The object after the change */
        object: unknown;
        previous_attributes?: {
          [key: string]: unknown;
        };
      };
      deliveries: {
        webhook_endpoint_id: string;
        /** @enum {string} */
        state: 'pending' | 'delivered' | 'failed_delivery';
        /** @description Of the schedule that runs, or ran last */
        attempts: number;
        next_attempt_at: string | null;
      }[];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
