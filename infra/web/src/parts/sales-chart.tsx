// Net sales over time by connection, as the dashboard and the sales report have it.
import type { ReportOut, SalesByPeriodOut } from "../wire.d.ts";
import { Columns } from "../charts/columns.tsx";
import { apart } from "../charts/scale.ts";
import { go, turned } from "../router.ts";
import { beforeName, span } from "../span.ts";

export const BY = { day: "Day", week: "Week", month: "Month" } as const;
export type By = keyof typeof BY;

type Frame = { report: ReportOut; sales: SalesByPeriodOut };

export function SalesChart({ report, sales }: Frame) {
  const spans = { periods: report.periods, by: report.by, last: report.range.to };
  const series = apart(sales.series.map(({ connection_id, name, colour, values }) => ({ id: connection_id, name, colour: ((colour - 1) % 6) + 1, values })));
  return <Columns spans={spans} series={series} previous={sales.previous} before={beforeName(span(), report.range)} currency={sales.currency} label={`Net sales by ${report.by}`} />;
}

/** By day, week or month; the address keeps it. */
export const ByChoice = ({ by }: { by: By }) => (
  <fieldset class="segments">
    <legend class="unseen">Net sales by</legend>
    {(Object.keys(BY) as By[]).map((one) => (
      <label key={one}><input type="radio" name="by" checked={one === by} onChange={() => go(turned({ by: one }))} />{BY[one]}</label>
    ))}
  </fieldset>
);

/** Currencies are never added: one is shown at a time, the workspace's own first. */
export function CurrencyChoice({ currencies, chosen }: { currencies: readonly string[]; chosen: string }) {
  if (currencies.length < 2) return null;
  return (
    <fieldset class="segments">
      <legend class="unseen">Currency</legend>
      {currencies.map((currency, at) => (
        <label key={currency}><input type="radio" name="currency" checked={currency === chosen} onChange={() => go(turned({ currency: at ? currency : null }))} />{currency}</label>
      ))}
    </fieldset>
  );
}
