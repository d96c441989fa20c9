// Numbers in checks: `3`, `">= 3"`.

export interface Quantity {
  readonly text: string;
  holds(value: number): boolean;
}

/** The text has passed the schema of counts. */
export function parseQuantity(written: string | number): Quantity {
  const [, comparison = '==', digits = '0'] = /^(>=|<=|>|<|==)? ?(\d+)$/.exec(String(written)) ?? [];
  const limit = Number(digits);
  return {
    text: comparison === '==' ? String(limit) : `${comparison} ${limit}`,
    holds: (value) => {
      switch (comparison) {
        case '>=':
          return value >= limit;
        case '<=':
          return value <= limit;
        case '>':
          return value > limit;
        case '<':
          return value < limit;
        default:
          return value === limit;
      }
    },
  };
}
