/**
 * The quotient as an exact rational, rounded to the nearest integer; a tie goes to the even neighbour. The rounding of
 * invoices and FX, because over many lines its errors cancel out.
 *
 * @throws RangeError when the denominator is zero
 */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  return divideRounded(numerator, denominator, (quotient) => quotient % 2n !== 0n);
}

/**
 * The quotient as an exact rational, rounded to the nearest integer; a tie goes away from zero, so that the reversal of
 * a fee is exactly as large as the fee. The rounding of fees.
 *
 * @throws RangeError when the denominator is zero
 */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return divideRounded(numerator, denominator, () => true);
}

/**
 * Splits a total by weight. The parts sum to the total exactly and each is less than one unit from its exact share.
 *
 * Rounds the running sum and takes differences, so that no part has to absorb what the others dropped.
 *
 * @param weights not negative, at least one above zero
 * @throws RangeError when the weights cannot be divided by
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
  if (weightSum <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('allocate needs weights that are not negative, and at least one above zero.');
  }

  let weightSoFar = 0n;
  let allocated = 0n;
  return weights.map((weight) => {
    weightSoFar += weight;
    const part = divideHalfEven(total * weightSoFar, weightSum) - allocated;
    allocated += part;
    return part;
  });
}

function divideRounded(numerator: bigint, denominator: bigint, tieLeavesZero: (quotient: bigint) => boolean): bigint {
  if (denominator === 0n) throw new RangeError('Division by zero.');

  // Works on magnitudes: both roundings are symmetric around zero, and bigint division truncates towards it.
  const negative = numerator < 0n !== denominator < 0n;
  const dividend = magnitude(numerator);
  const divisor = magnitude(denominator);

  const quotient = dividend / divisor;
  const twiceRest = 2n * (dividend % divisor);
  const up = twiceRest > divisor || (twiceRest === divisor && tieLeavesZero(quotient));
  const rounded = up ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
