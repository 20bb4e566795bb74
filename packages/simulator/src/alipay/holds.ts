import { chinaTime } from '../kit/china-time.js';
import type { Act } from '../kit/server.js';
import { refuse } from './answer.js';
import { yuan } from './money.js';

export interface HoldRequest {
  readonly outOrderNo: string;
  readonly outRequestNo: string;
  readonly title: string;
  /** In fen, as every amount here. */
  readonly amount: bigint;
  readonly notifyUrl?: string | undefined;
  readonly expiresAt: Date;
  readonly content: string;
}

/** A step of a hold: money is frozen, or set free. */
export interface HoldOperation {
  readonly operationId: string;
  readonly outRequestNo: string;
  readonly type: 'FREEZE' | 'UNFREEZE';
  readonly amount: bigint;
  status: 'INIT' | 'SUCCESS' | 'CLOSED';
  at: Date;
}

export interface Hold extends HoldRequest {
  readonly authNo: string;
  readonly codeValue: string;
  state: 'INIT' | 'AUTHORIZED' | 'FINISH' | 'CLOSED';
  /** Still held. */
  rest: bigint;
  /** Captured. */
  paid: bigint;
  readonly operations: HoldOperation[];
  endedAt?: Date;
}

type Numbers = (kind: string, ...parts: readonly (string | number)[]) => string;

/** The holds (fund authorizations) of one seller. Amounts are in fen. */
export class Holds {
  readonly all = new Map<string, Hold>();
  readonly #numbers: Numbers;
  readonly #now: () => Date;
  readonly #changed: (hold: Hold, operation: HoldOperation) => void;

  constructor(numbers: Numbers, now: () => Date, changed: (hold: Hold, operation: HoldOperation) => void) {
    this.#numbers = numbers;
    this.#now = now;
    this.#changed = changed;
  }

  /** Gives the code by which a payer agrees; the same one again. @throws Refused */
  open(request: HoldRequest): Hold {
    const known = this.all.get(request.outOrderNo);
    if (known !== undefined) {
      this.#lookAtTheClock(known);
      if (known.state === 'CLOSED') refuse('ORDER_ALREADY_CLOSED', '订单已关闭');
      if (known.state === 'FINISH') refuse('ORDER_ALREADY_FINISH', '订单已完成');
      if (known.content !== request.content) refuse('UNIQUE_VIOLATION', '请求号重复');
      if (known.state === 'AUTHORIZED') refuse('FREEZE_ALREADY_SUCCESS', '冻结已成功');
      return known;
    }
    const token = BigInt(this.#numbers('hold code', request.outOrderNo)).toString(36).slice(0, 16).padEnd(16, '0');
    const day = chinaTime(this.#now()).slice(0, 10).replaceAll('-', '');
    const hold: Hold = {
      ...request,
      authNo: `${day}10002001${this.#numbers('hold', request.outOrderNo).slice(-12)}`,
      codeValue: `https://qr.alipay.com/fpx${token}`,
      state: 'INIT',
      rest: 0n,
      paid: 0n,
      operations: [],
    };
    this.all.set(request.outOrderNo, hold);
    hold.operations.push(this.#operation(hold, 'FREEZE', request.outRequestNo, request.amount, 'INIT'));
    return hold;
  }

  /** @throws Refused when there is none */
  holdOf({ outOrderNo, authNo }: { outOrderNo?: string | undefined; authNo?: string | undefined }): Hold {
    const hold = [...this.all.values()].find((one) =>
      authNo === undefined ? one.outOrderNo === outOrderNo : one.authNo === authNo,
    );
    if (hold === undefined) return refuse('AUTH_ORDER_NOT_EXIST', '授权订单不存在');
    this.#lookAtTheClock(hold);
    return hold;
  }

  /** @throws Refused when there is none */
  operationOf(
    hold: Hold,
    { outRequestNo, operationId }: { outRequestNo?: string | undefined; operationId?: string | undefined },
  ): HoldOperation {
    const found = hold.operations.find((one) =>
      operationId === undefined ? one.outRequestNo === outRequestNo : one.operationId === operationId,
    );
    return found ?? refuse('AUTH_OPERATION_NOT_EXIST', '授权操作不存在');
  }

  /** Whether so much could be captured. @throws Refused */
  checkCapture(hold: Hold, amount: bigint): void {
    if (hold.state === 'FINISH') refuse('ORDER_ALREADY_FINISH', '订单已完成');
    if (hold.state === 'CLOSED') refuse('ORDER_ALREADY_CLOSED', '订单已关闭');
    if (hold.state === 'INIT') refuse('AUTH_ORDER_NOT_EXIST', '授权订单未授权');
    if (amount > hold.rest) refuse('ACQ.TOTAL_FEE_EXCEED', '授权余额不足');
  }

  /** Takes money out of the hold; with `complete`, the rest goes back to the payer. @throws Refused */
  take(hold: Hold, amount: bigint, { complete }: { readonly complete: boolean }): void {
    this.checkCapture(hold, amount);
    hold.rest -= amount;
    hold.paid += amount;
    if (complete && hold.rest > 0n) this.#setFree(hold, `complete_${hold.operations.length}`, hold.rest);
    if (hold.rest === 0n) hold.state = 'FINISH';
  }

  /** Sets money free, once under each number. @throws Refused */
  unfreeze(hold: Hold, outRequestNo: string, amount: bigint): HoldOperation {
    const known = hold.operations.find((one) => one.outRequestNo === outRequestNo);
    if (known !== undefined) {
      if (known.type !== 'UNFREEZE' || known.amount !== amount) refuse('UNIQUE_VIOLATION', '请求号重复');
      return known;
    }
    this.checkCapture(hold, 0n);
    if (amount > hold.rest) refuse('INVALID_PARAMETER', '解冻金额大于剩余冻结金额');
    const operation = this.#setFree(hold, outRequestNo, amount);
    if (hold.rest === 0n) hold.state = 'FINISH';
    return operation;
  }

  /** Ends a hold of which nothing was captured. @returns what was necessary @throws Refused */
  cancel(hold: Hold): 'close' | 'unfreeze' {
    if (hold.state === 'CLOSED') return 'close';
    if (hold.state === 'FINISH') refuse('ORDER_ALREADY_FINISH', '订单已完成');
    if (hold.paid > 0n) refuse('FREEZE_ALREADY_SUCCESS', '冻结已成功并已转支付');
    if (hold.state === 'INIT') {
      this.#close(hold);
      return 'close';
    }
    this.#setFree(hold, `cancel_${hold.authNo}`, hold.rest);
    hold.state = 'CLOSED';
    return 'unfreeze';
  }

  /** What the payer does, or the passing of time. @throws Error with a sentence */
  act(hold: Hold, { action, paidAt }: Act): object {
    this.#lookAtTheClock(hold);
    const at = paidAt === undefined ? this.#now() : new Date(paidAt);
    if (action === 'expire' && hold.state === 'INIT') this.#close(hold);
    if (action === 'pay') this.#agree(hold, at);
    return { out_order_no: hold.outOrderNo, order_status: hold.state };
  }

  #agree(hold: Hold, at: Date): void {
    const freeze = hold.operations[0]!;
    if (freeze.status === 'SUCCESS') {
      throw new Error(`The payer agreed to the hold "${hold.outOrderNo}" already.`);
    }
    if (hold.endedAt !== undefined && at >= hold.endedAt) {
      throw new Error(
        `The hold "${hold.outOrderNo}" ended at ${hold.endedAt.toISOString()}. For one that was under way, say "paidAt" before that.`,
      );
    }
    freeze.status = 'SUCCESS';
    freeze.at = at;
    hold.state = 'AUTHORIZED';
    hold.rest = hold.amount;
    this.#changed(hold, freeze);
  }

  #setFree(hold: Hold, outRequestNo: string, amount: bigint): HoldOperation {
    const operation = this.#operation(hold, 'UNFREEZE', outRequestNo, amount, 'SUCCESS');
    hold.operations.push(operation);
    hold.rest -= amount;
    this.#changed(hold, operation);
    return operation;
  }

  #operation(
    hold: Hold,
    type: HoldOperation['type'],
    outRequestNo: string,
    amount: bigint,
    status: HoldOperation['status'],
  ): HoldOperation {
    const number = this.#numbers('operation', hold.outOrderNo, hold.operations.length);
    const day = chinaTime(this.#now()).slice(0, 10).replaceAll('-', '');
    return { operationId: `${day}${number.slice(-12)}`, outRequestNo, type, amount, status, at: this.#now() };
  }

  #lookAtTheClock(hold: Hold): void {
    if (hold.state === 'INIT' && this.#now() >= hold.expiresAt) this.#close(hold, hold.expiresAt);
  }

  #close(hold: Hold, at = this.#now()): void {
    hold.state = 'CLOSED';
    hold.endedAt ??= at;
    hold.operations[0]!.status = 'CLOSED';
  }
}

/** The fields that the query and the notifications of a hold share. */
export function holdFields(hold: Hold, operation: HoldOperation): Record<string, string> {
  return {
    out_order_no: hold.outOrderNo,
    out_request_no: operation.outRequestNo,
    operation_id: operation.operationId,
    operation_type: operation.type,
    amount: yuan(operation.amount),
    status: operation.status,
    total_freeze_amount: yuan(hold.operations[0]!.status === 'SUCCESS' ? hold.amount : 0n),
    rest_amount: yuan(hold.rest),
    total_pay_amount: yuan(hold.paid),
    ...(operation.status === 'SUCCESS' && { auth_no: hold.authNo, gmt_trans: chinaTime(operation.at) }),
  };
}
