// The last 30 days of a connection: a column for each day, and what they come to.
import type { ChannelsReportOut } from "../wire.d.ts";
import { counted, roundMoney } from "../format.ts";
import { useLoad } from "../load.ts";
import { asked } from "../router.ts";

export interface Month {
  currency: string;
  net: number;
  orders: number;
  values: readonly number[];
}

/** By connection, its stores added up; empty until it is known. A connection has one currency. */
export function useMonths(moved: unknown, connection: string | null = null): ReadonlyMap<string, Month> {
  const report = useLoad<ChannelsReportOut>(asked("/reports/channels", { range: "30d", compare: "none", connection }), moved).data;
  const months = new Map<string, Month>();
  for (const { currency, rows } of report?.currencies ?? []) {
    for (const { connection_id, net, orders, values } of rows) {
      const sum = months.get(connection_id) ?? { currency, net: 0, orders: 0, values: values.map(() => 0) };
      months.set(connection_id, { currency, net: sum.net + net, orders: sum.orders + orders, values: sum.values.map((value, at) => value + (values[at] ?? 0)) });
    }
  }
  return months;
}

const HEIGHT = 32;

/** A day without sales keeps a line; one that took back more than it sold has no more than that. */
export function MonthOf({ month: { currency, net, orders, values }, colour }: { month: Month; colour: number }) {
  const most = Math.max(...values, 1);
  return (
    <div class="month">
      <svg class={`c${((colour - 1) % 6) + 1}`} viewBox={`0 0 ${values.length * 4} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {values.map((value, at) => {
          const height = Math.max(1, (value / most) * HEIGHT);
          return <rect key={at} x={at * 4} y={HEIGHT - height} width="3" height={height} />;
        })}
      </svg>
      <p class="pair"><span class="quiet">30 days, {counted(orders, "order")}</span><b>{roundMoney(net, currency)}</b></p>
    </div>
  );
}
