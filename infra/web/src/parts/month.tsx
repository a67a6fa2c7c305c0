// The last 30 days of a connection: a column for each day, and what they come to.
import type { ChannelsReportOut } from "../wire.d.ts";
import { counted, roundMoney } from "../format.ts";
import { useLoad } from "../load.ts";
import { asked } from "../router.ts";

/** A currency's part; `values` are of each day. */
interface Sum {
  currency: string;
  net: number;
  values: readonly number[];
}

/** The orders of all currencies, and what each comes to, the one with the most first. */
export interface Month {
  orders: number;
  sums: readonly Sum[];
}

/** By connection, its stores added up, each currency by itself; empty until it is known. */
export function useMonths(moved: unknown, connection: string | null = null): ReadonlyMap<string, Month> {
  const report = useLoad<ChannelsReportOut>(asked("/reports/channels", { range: "30d", compare: "none", connection }), moved).data;
  const months = new Map<string, Month>();
  for (const { currency, rows } of report?.currencies ?? []) {
    for (const { connection_id, net, orders, values } of rows) {
      const { orders: known, sums } = months.get(connection_id) ?? { orders: 0, sums: [] };
      const sum = sums.find((one) => one.currency === currency);
      const grown = { currency, net: (sum?.net ?? 0) + net, values: values.map((value, at) => value + (sum?.values[at] ?? 0)) };
      months.set(connection_id, { orders: known + orders, sums: [...sums.filter((one) => one !== sum), grown] });
    }
  }
  return months;
}

const HEIGHT = 32;

/** The columns are of the first currency. A day without sales keeps a line; one that took back more than it sold has no more. */
export function MonthOf({ month: { orders, sums }, colour }: { month: Month; colour: number }) {
  const values = sums[0]?.values ?? [];
  const most = Math.max(...values, 1);
  return (
    <div class="month">
      <svg class={`c${((colour - 1) % 6) + 1}`} viewBox={`0 0 ${values.length * 4} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {values.map((value, at) => {
          const height = Math.max(1, (value / most) * HEIGHT);
          return <rect key={at} x={at * 4} y={HEIGHT - height} width="3" height={height} />;
        })}
      </svg>
      <p class="pair"><span class="quiet">30 days, {counted(orders, "order")}</span><b>{sums.map(({ net, currency }) => roundMoney(net, currency)).join(" + ")}</b></p>
    </div>
  );
}
